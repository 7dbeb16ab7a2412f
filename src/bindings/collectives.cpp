// The collectives, for _collectives.py and _objects.py, which document them; `group` is a number (runtime/groups.hpp).
// SPDX-License-Identifier: BSL-1.0
#include "comm/collectives.hpp"

#include <nanobind/stl/string.h>

#include "base/error.hpp"
#include "bindings/bind.hpp"
#include "bindings/placement.hpp"
#include "exchanges/exchange.hpp"
#include "exec/evaluate.hpp"
#include "functions/collective.hpp"
#include "functions/groups.hpp"
#include "runtime/groups.hpp"
#include "runtime/queued.hpp"
#include "runtime/runtime.hpp"

namespace hpxpy {

namespace {

using nb::arg;

std::optional<Array> optional_operand(const char* function, nb::handle object) {
    if (object.is_none()) return std::nullopt;
    return operand(function, object);
}

comm::Communicator& localities(std::int64_t number) {
    know_localities();
    return group(number);
}

nb::object list_of(std::vector<Array> parts) {
    nb::list list;
    for (Array& part : parts) list.append(wrap(std::move(part)));
    return list;
}

nb::object optional_array(std::optional<Array> x) { return x ? wrap(std::move(*x)) : nb::none(); }

nb::object all_reduced(nb::handle object, const std::string& op, std::int64_t number) {
    Entry entry;
    comm::Communicator& group = localities(number);
    return wrap(all_reduce(operand("all_reduce", object), op, group));
}

nb::object reduced(nb::handle object, const std::string& op, int root, std::int64_t number) {
    Entry entry;
    comm::Communicator& group = localities(number);
    return optional_array(reduce_to(operand("reduce", object), op, root, group));
}

nb::object scanned(nb::handle object, const std::string& op, bool inclusive, std::int64_t number) {
    const char* function = inclusive ? "inclusive_scan" : "exclusive_scan";
    Entry entry;
    comm::Communicator& group = localities(number);
    return wrap(scan_localities(function, operand(function, object), op, inclusive, group));
}

nb::object broadcasted(nb::handle object, int root, std::int64_t number) {
    Entry entry;
    comm::Communicator& group = localities(number);
    return wrap(broadcast(optional_operand("broadcast", object), root, group));
}

/// With root -1 for all.
nb::object gathered(nb::handle object, int root, std::int64_t number) {
    const char* function = root < 0 ? "all_gather" : "gather";
    Entry entry;
    comm::Communicator& group = localities(number);
    if (root >= 0) check_root(function, root, group);
    Array x = operand(function, object);
    check_group(function, x, group);
    if (x.distributed()) return optional_array(gather_distributed(x, root, function));
    std::vector<Array> parts = gather_local(x, root, function, group);
    return root >= 0 && group.id() != root ? nb::object(nb::none()) : list_of(std::move(parts));
}

nb::object scattered(nb::handle object, int root, nb::handle distribution, nb::handle axis,
                     std::int64_t number) {
    maps::Distribution asked = distribution_from("scatter", distribution);
    std::optional<std::int64_t> along = axis_from("scatter", axis);
    Entry entry;
    comm::Communicator& group = localities(number);
    return wrap(scatter(optional_operand("scatter", object), root, asked, along, group));
}

nb::object exchanged(nb::handle object, std::int64_t number) {
    Entry entry;
    comm::Communicator& group = localities(number);
    if (!nb::isinstance<nb::list>(object) && !nb::isinstance<nb::tuple>(object))
        return wrap(all_to_all(operand("all_to_all", object), group));
    std::vector<Array> parts;
    for (nb::handle part : object) parts.push_back(operand("all_to_all", part));
    return list_of(all_to_all(parts, group));
}

nb::object split(nb::handle color, std::int64_t key, std::int64_t number) {
    std::optional<std::int64_t> wanted;
    if (!color.is_none()) wanted = nb::cast<std::int64_t>(color);
    Entry entry;
    auto made = split_group(localities(number), wanted, key);
    return made ? nb::cast(*made) : nb::none();
}

/// The localities' numbers in the program, and the group's identity.
nb::object members(std::int64_t number) {
    Entry entry;
    comm::Communicator& group = localities(number);
    nb::list all;
    for (int i = 0; i < group.size(); ++i) all.append(group.member(i));
    return nb::make_tuple(nb::tuple(all), group.identity);
}

/// This locality's number in the group, and how many there are.
nb::object place_in(std::int64_t number) {
    Entry entry;
    comm::Communicator& group = localities(number);
    return nb::make_tuple(group.id(), group.size());
}

void met(const std::string& name, std::int64_t number) {
    Entry entry;
    barrier(name, localities(number));
}

nb::object bytes_from(std::vector<std::byte> data) {
    return nb::bytes(reinterpret_cast<const char*>(data.data()), data.size());
}

nb::object broadcast_bytes(nb::handle object, int root, std::int64_t number) {
    Entry entry;
    comm::Communicator& group = localities(number);
    check_root("broadcast_object", root, group);
    nb::bytes data = object.is_none() ? nb::bytes("", 0) : nb::borrow<nb::bytes>(object);
    comm::ConstBytes mine{data.c_str(), static_cast<std::int64_t>(data.size())};
    return bytes_from(in_turn(group, "broadcast_object", [&] {
        return comm::broadcast_bytes(group, "broadcast_object", mine, root);
    }));
}

nb::object all_gather_bytes(const std::string& function, const nb::bytes& data,
                            std::int64_t number) {
    Entry entry;
    comm::Communicator& group = localities(number);
    comm::ConstBytes mine{data.c_str(), static_cast<std::int64_t>(data.size())};
    auto all = in_turn(group, function.c_str(),
                       [&] { return comm::all_gather_bytes(group, function, mine); });
    nb::list list;
    for (auto& part : all) list.append(bytes_from(std::move(part)));
    return list;
}

void make(QueuedCall& queued, const nb::object& call) {
    queued.make([&] { call(); });
}

}  // namespace

void bind_collectives(nb::module_& m) {
    nb::class_<QueuedCall>(m, "_QueuedCall")
        .def("__init__",
             [](QueuedCall* queued, std::int64_t number) {
                 Entry entry;
                 new (queued) QueuedCall(localities(number));
             })
        .def("make", &make)
        .def("close", &QueuedCall::close);
    m.def("_all_reduce", &all_reduced, arg("x").none(), arg("op"), arg("group"));
    m.def("_reduce", &reduced, arg("x").none(), arg("op"), arg("root"), arg("group"));
    m.def("_scan_localities", &scanned, arg("x").none(), arg("op"), arg("inclusive"), arg("group"));
    m.def("_broadcast", &broadcasted, arg("x").none(), arg("root"), arg("group"));
    m.def("_gather", &gathered, arg("x").none(), arg("root"), arg("group"));
    m.def("_scatter", &scattered, arg("x").none(), arg("root"), arg("distribution").none(),
          arg("axis").none(), arg("group"));
    m.def("_all_to_all", &exchanged, arg("x").none(), arg("group"));
    m.def("_split_group", &split, arg("color").none(), arg("key"), arg("group"));
    m.def("_free_group", [](std::int64_t number) {
        Entry entry;
        end_group(number);
    });
    m.def("_group_from_mpi", [](int handle) {
        Entry entry;
        return group_from_mpi(handle);
    });
    m.def("_has_mpi", &has_mpi, nb::call_guard<Asking>());
    m.def("_members", &members, arg("group"));
    m.def("_place_in", &place_in, arg("group"));
    m.def("_first_on_host", [](std::int64_t number) {
        Entry entry;
        return first_on_host(localities(number));
    });
    m.def("_barrier", &met, arg("name"), arg("group"));
    m.def("_broadcast_bytes", &broadcast_bytes, arg("data").none(), arg("root"), arg("group"));
    m.def("_record_message", [](nb::handle object, int peer, bool sends) {
        Entry entry;
        if (plan_record_open()) record_message(array_in(object), peer, sends);
    });
    m.def("_all_gather_bytes", &all_gather_bytes, arg("function"), arg("data"), arg("group"));
}

}  // namespace hpxpy
