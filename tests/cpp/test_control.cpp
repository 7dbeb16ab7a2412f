// The locality's end of the control channel, against a watcher that the test plays; and how CPUs are
// split between localities.
// SPDX-License-Identifier: BSL-1.0
#include "comm/control.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <thread>

#include "base/error.hpp"
#include "runtime/cpu_share.hpp"

namespace hpxpy {
namespace {

using comm::Control;

/// A channel whose other end is `watcher`.
struct Channel {
    Channel() {
        int fds[2];
        EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
        watcher = fds[1];
        std::string text = std::to_string(fds[0]) + ":" + std::to_string(getpid());
        setenv("HPXPY_CONTROL", text.c_str(), 1);
        control = Control::inherited();
        unsetenv("HPXPY_CONTROL");
    }
    ~Channel() {
        if (watcher >= 0) close(watcher);
    }
    void say(const std::string& text) const {
        EXPECT_EQ(send(watcher, text.data(), text.size(), 0), ssize_t(text.size()));
    }
    std::string heard() const {
        char buffer[4096];
        ssize_t count = recv(watcher, buffer, sizeof buffer, MSG_DONTWAIT);
        return count > 0 ? std::string(buffer, static_cast<std::size_t>(count)) : "";
    }
    int watcher = -1;
    std::unique_ptr<Control> control;
};

std::string no_site() { return {}; }

void wait_for(Control& control, int ms, const std::function<std::string()>& call_site) {
    for (int i = 0; i < ms; ++i) {
        control.waiting(7, nullptr, "all_reduce", call_site);
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
}

TEST(Control, is_none_where_nothing_was_inherited) {
    unsetenv("HPXPY_CONTROL");
    EXPECT_EQ(Control::inherited(), nullptr);
}

TEST(Control, is_none_in_a_child_of_the_locality) {
    for (const char* text : {"0:1", "3", "x", "", "3:"}) {
        setenv("HPXPY_CONTROL", text, 1);
        EXPECT_EQ(Control::inherited(), nullptr) << text;
    }
    unsetenv("HPXPY_CONTROL");
}

TEST(Control, says_what_happens) {
    Channel channel;
    ASSERT_NE(channel.control, nullptr);
    channel.control->starting(5);
    channel.control->running(1, 3);
    channel.control->left(9, {});
    channel.control->exiting(3);
    channel.control->failed("line one\nline two", 1, false);
    std::string heard = channel.heard();
    std::string first = "starting 5\nrunning 1 3\nleft 9\nexiting 3\nfailed 1 0 ";
    EXPECT_EQ(heard.substr(0, first.size()), first);
    // In between stands when it happened.
    std::string last = " 17\nline one\nline two";
    ASSERT_GT(heard.size(), first.size() + last.size());
    EXPECT_EQ(heard.substr(heard.size() - last.size()), last);
}

TEST(Control, tells_of_long_waits_only) {
    Channel channel;
    wait_for(*channel.control, 20, no_site);
    EXPECT_EQ(channel.heard(), "");
    wait_for(*channel.control, 200, [] { return std::string("here.py:3: wait()"); });
    // A busy machine may make the wait so long that it is told again.
    std::string heard = channel.heard(), line = "waiting 7 - all_reduce here.py:3: wait()\n";
    ASSERT_GE(heard.size(), line.size());
    for (std::size_t at = 0; at < heard.size(); at += line.size())
        EXPECT_EQ(heard.substr(at, line.size()), line);
}

TEST(Control, ends_waits_when_the_program_ends) {
    Channel channel;
    channel.control->waiting(1, nullptr, "", no_site);
    channel.say("ending 3\n");
    EXPECT_THROW(channel.control->waiting(1, nullptr, "", no_site), CommunicationError);
    EXPECT_FALSE(channel.control->goodbye());
}

TEST(Control, ends_waits_when_the_watcher_is_gone) {
    Channel channel;
    close(channel.watcher);
    channel.watcher = -1;
    EXPECT_THROW(channel.control->waiting(1, nullptr, "", no_site), CommunicationError);
    channel.control->left(1, {});  // no signal, no exception
    EXPECT_FALSE(channel.control->goodbye());
}

TEST(Control, goodbye_returns_when_all_have_said_it) {
    Channel channel;
    std::thread watcher([&] {
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
        EXPECT_EQ(channel.heard(), "goodbye\n");
        channel.say("every");
        channel.say("one\n");
    });
    EXPECT_TRUE(channel.control->goodbye());
    watcher.join();
}

TEST(Control, starts_a_watcher_that_serves) {
    // Reads "serve HOST" and answers; its arguments after the command's are fd, pid, parent, id, size.
    std::string script = "read line <&$1; echo address $line:$3:$4 >&$1; sleep 0.2";
    auto control = Control::start_watcher({"/bin/bash", "-c", script, "watcher"}, 2, 4);
    EXPECT_TRUE(control->is_own_watcher());
    EXPECT_EQ(control->serve(true), "serve 127.0.0.1:" + std::to_string(getppid()) + ":2");
}

TEST(Control, a_watcher_that_cannot_be_started_is_an_error) {
    EXPECT_THROW(Control::start_watcher({"/no/such/program"}, 0, 2), RuntimeError);
}

TEST(Control, ends_by_signal_with_the_code_that_it_was_told) {
    pid_t child = fork();
    if (child == 0) {
        auto control = Control::start_watcher({"/bin/sh", "-c", "echo ending 42 >&$1", "w"}, 0, 2);
        std::this_thread::sleep_for(std::chrono::milliseconds(300));
        raise(SIGRTMAX - 3);
        _exit(0);
    }
    int status = 0;
    waitpid(child, &status, 0);
    EXPECT_TRUE(WIFEXITED(status));
    EXPECT_EQ(WEXITSTATUS(status), 42);
}

TEST(CpuShare, equal_masks_are_split) {
    std::vector<std::string> told(3, "8 0 1 2 3 4 5 6 7");
    std::vector<int> hosts(3, 0);
    EXPECT_EQ(share_cpus(told, hosts, 0).cpus, (std::vector<int>{0, 1, 2}));
    EXPECT_EQ(share_cpus(told, hosts, 1).cpus, (std::vector<int>{3, 4, 5}));
    EXPECT_EQ(share_cpus(told, hosts, 2).cpus, (std::vector<int>{6, 7}));
    EXPECT_EQ(share_cpus(told, hosts, 2).threads, 2);
}

TEST(CpuShare, other_hosts_do_not_count) {
    std::vector<std::string> told(4, "2 0 1");
    EXPECT_EQ(share_cpus(told, {0, 0, 2, 2}, 3).cpus, (std::vector<int>{1}));
}

TEST(CpuShare, disjoint_masks_are_kept) {
    std::vector<std::string> told{"2 0 1", "2 2 3"};
    EXPECT_EQ(share_cpus(told, {0, 0}, 0).cpus, (std::vector<int>{0, 1}));
    EXPECT_EQ(share_cpus(told, {0, 0}, 1).cpus, (std::vector<int>{2, 3}));
}

TEST(CpuShare, more_localities_than_cpus_have_one_thread_each) {
    std::vector<std::string> told(3, "2 0 1");
    for (int id = 0; id < 3; ++id) EXPECT_EQ(share_cpus(told, {0, 0, 0}, id).threads, 1);
}

TEST(CpuShare, under_a_quota_nothing_is_pinned) {
    CpuShare share = share_cpus({"2 0 1 2 3 4 5 6 7"}, {0}, 0);
    EXPECT_EQ(share.threads, 2);
    EXPECT_TRUE(share.cpus.empty());
}

}  // namespace
}  // namespace hpxpy
