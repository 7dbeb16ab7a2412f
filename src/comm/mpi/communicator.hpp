// The communicator over MPI. Everything is non-blocking; only this folder calls MPI.
// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <mpi.h>

#include <memory>
#include <string>
#include <vector>

#include "comm/communicator.hpp"
#include "comm/mpi/posts.hpp"

namespace hpxpy::comm::mpi {

class MpiCommunicator final : public Communicator {
public:
    /// Collective over `parent`, which it leaves alone: makes communicators of its own and finds out who
    /// is there.
    explicit MpiCommunicator(MPI_Comm parent);

    int id() const override { return id_; }
    int size() const override { return size_; }
    const std::vector<Locality>& localities() const override { return localities_; }
    std::unique_ptr<Request> start_send(ConstBytes data, int peer, int tag) override;
    std::unique_ptr<Request> start_recv(Bytes data, int peer, int tag) override;
    std::unique_ptr<Request> start_broadcast(Bytes data, int root) override;
    std::unique_ptr<Request> start_all_reduce(const void* in, void* out, std::int64_t items,
                                              const Joining& joining) override;
    std::unique_ptr<Request> start_exclusive_scan(const void* in, void* out, std::int64_t items,
                                                  const Joining& joining, bool backwards) override;
    std::unique_ptr<Request> start_all_gather(const void* in, void* out,
                                              std::span<const std::int64_t> sizes) override;
    std::unique_ptr<Request> start_all_to_all(std::span<const ConstBytes> out,
                                              std::span<const Bytes> in) override;
    std::unique_ptr<Communicator> split(int color, int key) override;
    void post(int peer, std::vector<std::byte> message) override;
    void set_receiver(Receiver receiver) override;
    Arrivals* arrivals() override { return size_ > 1 ? nullptr : &none_; }
    void free() override;
    bool progress() override;
    [[noreturn]] void abort(int code) override;

private:
    void find_localities();
    /// Two tags for the next collective made of lanes; all localities count alike.
    int next_tag();

    MPI_Comm messages_comm_ = MPI_COMM_NULL;
    MPI_Comm collectives_comm_ = MPI_COMM_NULL;
    MPI_Comm posts_comm_ = MPI_COMM_NULL;
    int id_ = 0;
    int size_ = 1;
    int tags_ = 32767;
    Arrivals none_;  ///< of one locality alone
    std::int64_t sequence_ = 0;
    std::vector<Locality> localities_;
    std::unique_ptr<Posts> posts_;
};

}  // namespace hpxpy::comm::mpi
