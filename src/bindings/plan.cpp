// What a played locality has written down, for hpxpy/_plan.
// SPDX-License-Identifier: BSL-1.0
#include <nanobind/nanobind.h>
#include <nanobind/stl/string.h>

#include "base/buffer.hpp"
#include "bindings/bind.hpp"
#include "comm/plan/log.hpp"

namespace nb = nanobind;
using namespace nb::literals;

namespace hpxpy {

namespace {

nb::dict as_dict(const comm::LoggedExchanges& found) {
    nb::dict row;
    row["exchanges"] = found.exchanges;
    row["messages_out"] = found.sent.messages;
    row["bytes_out"] = found.sent.bytes;
    row["messages_in"] = found.received.messages;
    row["bytes_in"] = found.received.bytes;
    row["largest"] = found.largest;
    row["depends"] = found.depends;
    nb::dict peers;
    for (const auto& [peer, with] : found.peers) peers[nb::int_(peer)] = with.bytes;
    row["peers"] = peers;
    return row;
}

nb::dict logged() {
    comm::Log log = comm::logged();
    nb::dict all;
    nb::list rows;
    for (const auto& [where, found] : log.exchanges) {
        nb::dict row = as_dict(found);
        row["site"] = where.first;
        row["kind"] = std::string(name_of(where.second));
        rows.append(row);
    }
    all["rows"] = rows;
    nb::list chain, texts, which;
    for (const comm::LoggedCall& call : log.calls) {
        chain.append(call.chain);
        which.append(call.text);
    }
    for (const std::string& text : log.texts) texts.append(text);
    all["chain"] = chain;
    all["which"] = which;
    all["texts"] = texts;
    nb::dict reads;
    for (const auto& [site, count] : log.reads) reads[nb::str(site.c_str())] = count;
    all["reads"] = reads;
    all["peak"] = log.peak;
    all["peak_site"] = log.peak_site;
    all["work"] = log.work;
    all["operations"] = log.operations;
    nb::list turns;
    for (std::int64_t turn : log.turns) turns.append(static_cast<double>(turn) * 1e-9);
    all["turns"] = turns;
    all["waited"] = static_cast<double>(log.waited) * 1e-9;
    return all;
}

}  // namespace

void bind_plan(nb::module_& m) { m.def("_plan_log", &logged); }

}  // namespace hpxpy
