// Files that are written under another name and then renamed, so that who sees one sees all of it.
// SPDX-License-Identifier: BSL-1.0
#include "comm/plan/transcript.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <fstream>

#include "base/error.hpp"
#include "comm/plan/log.hpp"
#include "comm/progress.hpp"

namespace hpxpy::comm {
namespace {

class Hearing final : public Request {
public:
    Hearing(std::string path, std::string ended, std::string problem,
            std::function<void(const std::vector<std::byte>&)> take)
        : path_(std::move(path)),
          ended_(std::move(ended)),
          problem_(std::move(problem)),
          take_(std::move(take)) {}

    bool test() override {
        if (!take_) return true;
        // In this order: what is told comes before the end.
        bool ended = access(ended_.c_str(), F_OK) == 0;
        std::ifstream file(path_, std::ios::binary | std::ios::ate);
        if (!file) {
            if (ended) fail<CommunicationError>(problem_);
            return false;
        }
        std::vector<std::byte> bytes(static_cast<std::size_t>(file.tellg()));
        file.seekg(0);
        file.read(reinterpret_cast<char*>(bytes.data()),
                  static_cast<std::streamsize>(bytes.size()));
        take_(bytes);
        take_ = nullptr;
        log_waited(begun_);
        return true;
    }

private:
    std::int64_t begun_ = now();
    std::string path_, ended_, problem_;
    std::function<void(const std::vector<std::byte>&)> take_;
};

}  // namespace

std::string Transcript::path(int locality, const std::string& what) const {
    return folder_ + "/told-" + std::to_string(locality) + "-" + what;
}

void Transcript::tell(int locality, std::int64_t number, ConstBytes bytes) const {
    tell(locality, std::to_string(number), bytes);
}

void Transcript::tell(int locality, const std::string& what, ConstBytes bytes) const {
    if (folder_.empty()) return;
    std::string whole = path(locality, what), part = whole + "~";
    {
        std::ofstream file(part, std::ios::binary);
        file.write(static_cast<const char*>(bytes.data), bytes.size);
        if (!file) fail<RuntimeError>("plan: ", part, " cannot be written");
    }
    if (std::rename(part.c_str(), whole.c_str()) != 0)
        fail<RuntimeError>("plan: ", whole, " cannot be written");
}

void Transcript::want(int locality) const {
    std::ofstream(folder_ + "/wanted-" + std::to_string(locality));
}

std::unique_ptr<Request> Transcript::hear(
    int root, std::int64_t number, std::function<void(const std::vector<std::byte>&)> take) const {
    if (folder_.empty())
        fail<RuntimeError>("plan: what locality ", root,
                           " tells the others is not known to a locality that is played alone; "
                           "start the program with 'hpxpy plan'");
    want(root);
    std::string problem = "plan: localities do not agree: this one waits for what locality " +
                          std::to_string(root) + " tells all by exchange " +
                          std::to_string(number) +
                          " of the program, but that one has ended without it";
    return std::make_unique<Hearing>(path(root, std::to_string(number)), ended(root),
                                     std::move(problem), std::move(take));
}

void Transcript::share(int locality, const std::string& what, Bytes bytes) const {
    if (folder_.empty()) return;
    want(locality);
    bool over = false;
    Hearing hearing(path(locality, what), ended(locality), {},
                    [&](const std::vector<std::byte>& told) {
                        std::memcpy(bytes.data, told.data(),
                                    std::min(static_cast<std::size_t>(bytes.size), told.size()));
                    });
    while (!over) {
        try {
            over = hearing.test();
        } catch (const CommunicationError&) {
            over = true;
        }
        if (!over) usleep(100);
    }
}

}  // namespace hpxpy::comm
