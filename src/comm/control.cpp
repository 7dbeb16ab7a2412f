// The locality's end of the control channel: lines of words over a socket to its watcher.
// Locality to watcher: serve HOST | join ADDRESS | starting MARK | running ID SIZE |
//     waiting MARK GROUP FUNCTION [CALL SITE] | explain | left MARK [GROUP ...] | stopping | lost | exiting CODE |
//     goodbye | failed CODE FOLLOWS WHEN BYTES (the report follows; WHEN in seconds of CLOCK_MONOTONIC)
//     GROUP: IDENTITY:COLLECTIVES, of a wait also :LOCALITY,LOCALITY,..., or -; FUNCTION: what is called, or -
// Watcher to locality: address ADDRESS | ending CODE | everyone
// SPDX-License-Identifier: BSL-1.0
#include "comm/control.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <sstream>

#include "base/error.hpp"

extern char** environ;

namespace hpxpy::comm {

namespace {

std::int64_t now_us() {
    using namespace std::chrono;
    return duration_cast<microseconds>(steady_clock::now().time_since_epoch()).count();
}

std::int64_t now_ms() { return now_us() / 1000; }

// How many bytes of a report are passed on: its beginning and its end.
constexpr std::size_t report_limit = 64 * 1024;
// How many milliseconds the supervisor may take to decide why a program ends.
constexpr std::int64_t decision_limit = 15000;
// A line of the watcher is not longer than this.
constexpr std::size_t line_limit = 4096;

// What the signal below needs to know: the socket, and the code of an `ending` that was read already.
volatile std::sig_atomic_t control_fd = -1;
volatile std::sig_atomic_t ending_code = -1;

// A watcher ends its locality by this signal: it works while Python is busy or MPI blocks, and the
// launcher sees an ordinary exit with the program's code.
int ending_signal() { return SIGRTMAX - 3; }

void end_process(int) {
    int code = ending_code;
    char buffer[1024];
    ssize_t count = code < 0 ? recv(control_fd, buffer, sizeof buffer - 1, MSG_DONTWAIT) : 0;
    if (count > 0) {
        buffer[count] = '\0';
        const char* line = std::strstr(buffer, "ending ");
        code = line ? std::atoi(line + 7) : 1;
    }
    _exit(code < 0 ? 1 : code);
}

// SIGUSR2 asks where all localities are. Whoever has a use of his own for that signal keeps it.
void ask_to_explain(int) {
    int error = errno;
    const char line[] = "explain\n";
    ssize_t count = send(control_fd, line, sizeof line - 1, MSG_NOSIGNAL | MSG_DONTWAIT);
    static_cast<void>(count);
    errno = error;
}

void install_explaining(int fd) {
    control_fd = fd;
    struct sigaction action = {};
    if (sigaction(SIGUSR2, nullptr, &action) != 0 || action.sa_handler != SIG_DFL) return;
    action = {};
    action.sa_handler = ask_to_explain;
    action.sa_flags = SA_RESTART;
    sigaction(SIGUSR2, &action, nullptr);
}

void install_ending(int fd) {
    control_fd = fd;
    ending_code = -1;
    struct sigaction action = {};
    action.sa_handler = end_process;
    sigaction(ending_signal(), &action, nullptr);
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, ending_signal());
    pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

// Starts `command` in a session of its own, so that a launcher that kills its processes leaves the
// watcher alive to tell why. It keeps the launcher's connection (PMI_FD) and stdout, and nothing else: an
// engine that started before has sockets whose ports would stay in use.
int spawn(const std::vector<std::string>& command, int fd) {
    std::vector<char*> arguments;
    arguments.reserve(command.size() + 1);
    for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);

    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    posix_spawn_file_actions_adddup2(&actions, fd, fd);  // the same number: clears close-on-exec
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    const char* launcher = std::getenv("PMI_FD");
    int kept = launcher ? std::atoi(launcher) : fd;
    if (fcntl(kept, F_GETFD) < 0) kept = fd;
    int last = std::max(fd, kept);
    for (int other = 3; other < last; ++other)
        if (other != fd && other != kept) posix_spawn_file_actions_addclose(&actions, other);
    posix_spawn_file_actions_addclosefrom_np(&actions, last + 1);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID);
    pid_t pid = 0;
    int error = posix_spawn(&pid, arguments[0], &actions, &attributes, arguments.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    return error;
}

}  // namespace

std::unique_ptr<Control> Control::inherited() {
    const char* text = std::getenv("HPXPY_CONTROL");
    if (!text) return nullptr;
    char* end = nullptr;
    int fd = static_cast<int>(std::strtol(text, &end, 10));
    // Children of a locality inherit the variable, but not its process number.
    if (*end != ':' || std::strtol(end + 1, nullptr, 10) != getpid()) return nullptr;
    if (fcntl(fd, F_SETFD, FD_CLOEXEC) != 0) return nullptr;
    // Nobody would watch this process if its parent, the watcher, died.
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    install_explaining(fd);
    return std::unique_ptr<Control>(new Control(fd, false));
}

std::unique_ptr<Control> Control::start_watcher(const std::vector<std::string>& command, int id,
                                                int size) {
    int fds[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0)
        fail<RuntimeError>("init: no socket for the control channel: ", std::strerror(errno));
    std::vector<std::string> words = command;
    for (long number : {long(fds[1]), long(getpid()), long(getppid()), long(id), long(size)})
        words.push_back(std::to_string(number));
    int error = spawn(words, fds[1]);
    close(fds[1]);
    if (error) {
        close(fds[0]);
        fail<RuntimeError>("init: the control channel's watcher (", command.front(),
                           ") cannot be started: ", std::strerror(error));
    }
    install_ending(fds[0]);
    install_explaining(fds[0]);
    return std::unique_ptr<Control>(new Control(fds[0], true));
}

Control::~Control() { close(fd_); }

void Control::send(const std::string& text) {
    std::size_t sent = 0;
    while (sent < text.size()) {
        ssize_t count = ::send(fd_, text.data() + sent, text.size() - sent, MSG_NOSIGNAL);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return;  // the watcher is gone; `receive` notices
        sent += static_cast<std::size_t>(count);
    }
}

void Control::receive(int timeout_ms) {
    pollfd entry{fd_, POLLIN, 0};
    if (poll(&entry, 1, timeout_ms) <= 0) return;
    char buffer[1024];
    ssize_t count = recv(fd_, buffer, sizeof buffer, MSG_DONTWAIT);
    if (count < 0 && (errno == EINTR || errno == EAGAIN)) return;
    if (count <= 0) {
        ending_ = true;
        return;
    }
    incoming_.append(buffer, static_cast<std::size_t>(count));
    for (std::size_t end; (end = incoming_.find('\n')) != std::string::npos;) {
        std::string line = incoming_.substr(0, end);
        incoming_.erase(0, end + 1);
        if (line.rfind("ending ", 0) == 0) {
            ending_ = true;
            ending_code = std::atoi(line.c_str() + 7);
        }
        if (line == "everyone") everyone_left_ = true;
        if (line.rfind("address ", 0) == 0) address_ = line.substr(8);
    }
    if (incoming_.size() > line_limit) ending_ = true;
}

std::string Control::serve(bool one_host) {
    address_.clear();
    send(std::string("serve ") + (one_host ? "127.0.0.1" : "all") + "\n");
    std::int64_t limit = now_ms() + 30000;
    while (address_.empty() && !ending_ && now_ms() < limit) receive(100);
    if (address_.empty()) fail<RuntimeError>("init: the control channel's watcher does not answer");
    return address_;
}

void Control::join(const std::string& address) { send("join " + address + "\n"); }

void Control::starting(Mark mark) { send("starting " + std::to_string(mark) + "\n"); }

void Control::running(int id, int size) {
    send("running " + std::to_string(id) + " " + std::to_string(size) + "\n");
}

namespace {

// A group and how many collectives it has begun.
std::string group_text(const Communicator& group) {
    return std::to_string(group.identity) + ":" + std::to_string(group.collectives.load());
}

std::string awaited_text(const Communicator* group) {
    if (!group || group->members.empty()) return "-";
    std::string text = group_text(*group);
    for (std::size_t i = 0; i < group->members.size(); ++i)
        text += (i == 0 ? ":" : ",") + std::to_string(group->members[i]);
    return text;
}

}  // namespace

void Control::waiting(Mark mark, const Communicator* group, const std::string& function,
                      const std::function<std::string()>& call_site) {
    {
        std::lock_guard guard(lock_);
        std::int64_t now = now_ms();
        if (now - wait_seen_ > 50) wait_began_ = wait_told_ = now;
        wait_seen_ = now;
        receive(0);
        if (ending_)
            fail<CommunicationError>("wait: the program is ending, as another locality failed");
        // Waits of everyday length cost no message; long ones repeat it, as a sign that they last.
        std::int64_t pause = wait_told_ == wait_began_ ? 100 : 500;
        if (now - wait_told_ < pause) return;
        wait_told_ = now;
    }
    // Without the lock: the answer needs the GIL, which another thread may hold while it waits for us.
    std::string where = call_site ? " " + call_site() : "";
    std::string what = function.empty() ? "-" : function;
    std::replace(what.begin(), what.end(), ' ', '_');
    std::lock_guard guard(lock_);
    send("waiting " + std::to_string(mark) + " " + awaited_text(group) + " " + what + where + "\n");
}

void Control::left(Mark mark, const std::vector<const Communicator*>& groups) {
    std::string text;
    for (const Communicator* group : groups) text += " " + group_text(*group);
    send("left " + std::to_string(mark) + text + "\n");
}

void Control::stopping() { send("stopping\n"); }

void Control::failed(const std::string& whole, int code, bool follows) {
    std::string report = whole;
    if (report.size() > report_limit) {
        std::string left_out =
            "\n... (" + std::to_string(report.size() - report_limit) + " bytes left out) ...\n";
        report.replace(report_limit / 2, report.size() - report_limit, left_out);
    }
    std::ostringstream line;
    line << "failed " << code << " " << follows << " " << std::fixed << double(now_us()) / 1e6
         << " " << report.size() << "\n";
    send(line.str() + report);
    std::int64_t limit = now_ms() + decision_limit;
    while (follows && !ending_ && now_ms() < limit) receive(100);
}

void Control::lost() {
    if (!lost_.exchange(true)) send("lost\n");
}

void Control::exiting(int code) { send("exiting " + std::to_string(code) + "\n"); }

bool Control::goodbye() {
    send("goodbye\n");
    while (!everyone_left_ && !ending_) receive(1000);
    return everyone_left_;
}

}  // namespace hpxpy::comm
