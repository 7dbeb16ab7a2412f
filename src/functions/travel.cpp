// Memory to send from, and arrays of received memory.
// SPDX-License-Identifier: BSL-1.0
#include "functions/travel.hpp"

#include "exec/evaluate.hpp"

namespace hpxpy {

void keep_sent(const Array& in, const comm::ExchangeRef& exchange) {
    if (exchange && in.view.count() * itemsize(in.dtype()) > comm::copied_send_limit)
        keep_until_sent(*in.node, exchange);
}

std::int64_t byte_offset(const Array& x) { return x.view.offset * itemsize(x.dtype()); }

Array arriving(DType dtype, const Dims& shape, Ref<Buffer> data, comm::ExchangeRef exchange,
               std::int64_t offset) {
    Ref<Node> node(new Node);
    node->dtype = dtype;
    node->shape = shape;
    node->buffer = std::move(data);
    if (exchange) node->transit = transit_of(std::move(exchange));
    Array result = array_of(std::move(node));
    result.view.offset = offset / itemsize(dtype);
    result.value = shape.empty();
    return result;
}

comm::Signature signature_of(const char* function, const Array* x, int root) {
    comm::Signature mine;
    mine.function = function;
    mine.root = root;
    mine.has_array = x != nullptr;
    if (x) {
        mine.dtype = x->dtype();
        mine.shape = x->view.shape;
    }
    return mine;
}

}  // namespace hpxpy
