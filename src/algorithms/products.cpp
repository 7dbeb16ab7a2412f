// Products of matrices. Pieces of a large product are the tasks of the pool; they depend on the shapes alone,
// so the bits do not depend on the threads.
// SPDX-License-Identifier: BSL-1.0
#include <algorithm>
#include <bit>
#include <optional>

#include "algorithms/batches.hpp"
#include "algorithms/linalg.hpp"
#include "algorithms/products_distributed.hpp"
#include "base/buffer.hpp"
#include "base/error.hpp"
#include "exec/evaluate.hpp"
#include "kernels/kernels.hpp"
#include "kernels/linalg.hpp"
#include "runtime/parallel.hpp"

namespace hpxpy {

namespace {

// The last two axes of a view as the kernels take them.
kernels::Matrix matrix_of(const Array& x) {
    int d = x.view.dimensions();
    return {data_of(x), x.view.strides[d - 2], x.view.strides[d - 1]};
}

bool is_blank(const Array& x) { return x.node->buffer->worth() == Worth::blank; }

// A local vector as a matrix, whose axis `added` has length 1; another array as it is.
Array as_matrix(const Array& x, int added) {
    Array result = x;
    if (x.dimensions() > 1) return result;
    result.view.shape.insert(added, 1);
    result.view.strides.insert(added, 0);
    return result;
}

// x evaluated, as `dtype`, its matrices such that the kernels can read them.
Array readable(const Array& x, DType dtype) {
    Array result = x.dtype() == dtype ? x : convert(x, dtype);
    evaluate(result);
    int d = result.view.dimensions();
    const Dims& shape = result.view.shape;
    if (result.view.count() != 0 && !is_blank(result) &&
        !kernels::in_lines(dtype, matrix_of(result), shape[d - 2], shape[d - 1]))
        result = copy(result);
    return result;
}

// Where the matrices of a batch begin: positions in elements for the batch's number.
std::int64_t begin_of(const View& view, const Dims& batch, std::int64_t number) {
    std::int64_t offset = 0;
    for (int i = batch.size() - 1; i >= 0; --i) {
        offset += number % batch[i] * view.strides[i];
        number /= batch[i];
    }
    return offset;
}

// A power of two, `count` or less, but at least 1.
std::int64_t halvings(std::int64_t count) {
    return static_cast<std::int64_t>(
        std::bit_floor(static_cast<std::uint64_t>(std::max<std::int64_t>(count, 1))));
}

// How many pieces a product's rows and columns are cut into, and the terms of its sums. Pieces of sums are
// added up afterwards, in their order.
struct Cut {
    std::int64_t down = 1, across = 1, along = 1;
};

// One product of a batch: a (m x k) times b (k x n).
struct Product {
    DType dtype;
    std::int64_t m, n, k;
    kernels::Matrix a, b;

    // b is the transpose of a, seen in the same memory, so that half of the result mirrors the other.
    bool by_own_transpose() const {
        return !is_integer(dtype) && dtype != DType::bool_ && m == n && m > 1 && k > 0 &&
               a.data == b.data && a.row == b.column && a.column == b.row;
    }
    kernels::Matrix rows_from(std::int64_t i, std::int64_t p) const {
        return moved(a, i * a.row + p * a.column);
    }
    kernels::Matrix columns_from(std::int64_t j, std::int64_t p) const {
        return moved(b, p * b.row + j * b.column);
    }
    kernels::Matrix moved(kernels::Matrix x, std::int64_t elements) const {
        x.data += elements * itemsize(dtype);
        return x;
    }
};

// A matrix is read once, so its bytes are what takes the time: it is cut into runs of memory.
Cut cut_of_vector(const Product& x, std::int64_t matrices) {
    std::int64_t work = matrices * x.m * x.n * x.k;
    std::int64_t most = halvings(std::clamp<std::int64_t>(work >> 21, 8, 64));
    std::int64_t pieces = halvings(std::min(work >> 16, most) / matrices);
    Cut cut;
    const kernels::Matrix& matrix = x.n == 1 ? x.a : x.b;
    bool lines_are_terms = x.n == 1 ? matrix.column != 1 : matrix.row != 1;
    std::int64_t& outer = x.n == 1 ? cut.down : cut.across;
    std::int64_t length = x.n == 1 ? x.m : x.n;
    outer = std::min(pieces, halvings(length / (lines_are_terms ? 8192 : 16)));
    cut.along = std::min(pieces / outer, halvings(x.k / (lines_are_terms ? 64 : 8192)));
    return cut;
}

// Whole lines of the right matrix meet bands of rows of the left one, as BLAS has it fastest, unless the
// result is small.
Cut cut_of_matrix(const Product& x, std::int64_t matrices) {
    std::int64_t pieces =
        halvings(std::clamp<std::int64_t>(matrices * x.m * x.n * x.k >> 18, 1, 64) / matrices);
    std::int64_t bands = x.m >= 1024 ? x.m / 256 : x.m >= 512 ? 4 : x.m >= 128 ? 2 : 1;
    Cut cut;
    cut.down = std::min(pieces, halvings(bands));
    cut.across = std::min(pieces / cut.down, halvings(x.n / (cut.down > 1 ? 2048 : 256)));
    std::int64_t rest = std::min<std::int64_t>(pieces, 8) / (cut.down * cut.across);
    cut.along = std::clamp<std::int64_t>(halvings(x.k / 512), 1, std::max<std::int64_t>(rest, 1));
    return cut;
}

Cut cut_of(const Product& x, std::int64_t matrices) {
    return x.m == 1 || x.n == 1 ? cut_of_vector(x, matrices) : cut_of_matrix(x, matrices);
}

// Piece i of `count` that cover [0, length), in whole vectors.
struct Range {
    Range(std::int64_t i, std::int64_t count, std::int64_t length) {
        std::int64_t size = count == 1 ? length : ((length + count - 1) / count + 7) / 8 * 8;
        first = std::min(i * size, length);
        last = std::min(first + size, length);
    }
    std::int64_t count() const { return last - first; }
    std::int64_t first, last;
};

// The products of a batch, each cut alike.
struct Batch {
    Product product;
    Dims lengths;
    View from_a, from_b;
    char* out;
    std::int64_t matrices = element_count(lengths);
    bool mirrored = product.by_own_transpose() && from_a.strides == transposed(from_b).strides;
    Cut cut = cut_of(product, matrices);
    std::int64_t size = itemsize(product.dtype);

    static View transposed(View view) {
        int d = view.dimensions();
        std::swap(view.strides[d - 1], view.strides[d - 2]);
        return view;
    }
    Product at(std::int64_t number) const {
        Product x = product;
        x.a = x.moved(x.a, begin_of(from_a, lengths, number));
        x.b = x.moved(x.b, begin_of(from_b, lengths, number));
        return x;
    }
    std::int64_t result_bytes() const { return product.m * product.n * size; }
    // How much each of `pieces` weighs where a unit of weight is an element.
    std::int64_t weight(std::int64_t pieces) const {
        std::int64_t work = matrices * product.m * product.n * (product.k + 1) / pieces;
        return product.m == 1 || product.n == 1 ? work / 2 : work / 8;
    }

    void multiply();
    void multiply_piece(const Product& x, char* to, std::int64_t down, std::int64_t across,
                        const Range& terms) const;
    void multiply_lower(const Product& x, char* to, std::int64_t band, std::int64_t bands,
                        const Range& terms) const;
    void add_up(const char* parts) const;
    void mirror() const;
};

void Batch::multiply_piece(const Product& x, char* to, std::int64_t down, std::int64_t across,
                           const Range& terms) const {
    Range rows(down, cut.down, x.m), columns(across, cut.across, x.n);
    kernels::multiply(x.dtype, to + (rows.first * x.n + columns.first) * size, x.n,
                      x.rows_from(rows.first, terms.first),
                      x.columns_from(columns.first, terms.first), rows.count(), columns.count(),
                      terms.count());
}

// A band of rows up to the diagonal.
void Batch::multiply_lower(const Product& x, char* to, std::int64_t band, std::int64_t bands,
                           const Range& terms) const {
    Range rows(band, bands, x.m);
    if (rows.count() == 0) return;
    char* begin = to + rows.first * x.n * size;
    kernels::Matrix left = x.rows_from(rows.first, terms.first);
    kernels::multiply(x.dtype, begin, x.n, left, x.columns_from(0, terms.first), rows.count(),
                      rows.first, terms.count());
    kernels::multiply_by_own_transpose(x.dtype, begin + rows.first * size, x.n, left, rows.count(),
                                       terms.count());
}

void Batch::multiply() {
    // Bands from both ends make a piece, since those near the end are the longest.
    std::int64_t bands = 1;
    if (mirrored) {
        bands = product.m < 128 ? 1 : std::max<std::int64_t>(cut.down, 4);
        cut.down = std::max<std::int64_t>(bands / 2, 1);
        cut.across = 1;
    }
    Ref<Buffer> parts;
    if (cut.along > 1) parts = Buffer::allocate(matrices * cut.along * result_bytes());
    char* to_parts = parts ? static_cast<char*>(parts->data()) : out;
    std::int64_t pieces = matrices * cut.along * cut.down * cut.across;
    kernels::set_blas_threads(1);
    in_parts(part_count(pieces, weight(pieces)), pieces,
             [&](std::int64_t, std::int64_t first, std::int64_t last) {
                 for (std::int64_t piece = first; piece < last; ++piece) {
                     std::int64_t across = piece % cut.across;
                     std::int64_t down = piece / cut.across % cut.down;
                     std::int64_t sum = piece / (cut.across * cut.down);
                     Product x = at(sum / cut.along);
                     Range terms(sum % cut.along, cut.along, x.k);
                     char* to = to_parts + sum * result_bytes();
                     if (!mirrored) {
                         multiply_piece(x, to, down, across, terms);
                         continue;
                     }
                     multiply_lower(x, to, down, bands, terms);
                     if (bands > 1) multiply_lower(x, to, bands - 1 - down, bands, terms);
                 }
             });
    if (cut.along > 1) add_up(to_parts);
    if (mirrored) mirror();
}

void Batch::add_up(const char* parts) const {
    Op op = product.dtype == DType::bool_ ? Op::logical_or : Op::add;
    kernels::Join join = kernels::joining(op, product.dtype);
    std::int64_t elements = product.m * product.n;
    std::int64_t rows = matrices * elements;
    in_parts(part_count(rows, cut.along), rows,
             [&](std::int64_t, std::int64_t first, std::int64_t last) {
                 while (first < last) {
                     std::int64_t number = first / elements, begin = first % elements;
                     std::int64_t count = std::min(last - first, elements - begin);
                     char* to = out + first * size;
                     const char* from = parts + (number * cut.along * elements + begin) * size;
                     std::copy_n(from, count * size, to);
                     for (std::int64_t i = 1; i < cut.along; ++i)
                         join(from + i * elements * size, to, count);
                     first += count;
                 }
             });
}

void Batch::mirror() const {
    std::int64_t n = product.n, bands = (n + 63) / 64;
    in_parts(part_count(matrices * bands, n * 64), matrices * bands,
             [&](std::int64_t, std::int64_t first, std::int64_t last) {
                 for (std::int64_t i = first; i < last; ++i)
                     kernels::mirror(product.dtype, out + i / bands * result_bytes(), n,
                                     i % bands * 64, std::min(i % bands * 64 + 64, n));
             });
}

// A matrix of more elements is converted in bands.
constexpr std::int64_t band_elements = std::int64_t{1} << 19;

Array band_of(const Array& x, int axis, std::int64_t first, std::int64_t count) {
    Array band = x;
    band.view.offset += first * x.view.strides[axis];
    band.view.shape[axis] = count;
    band.value = false;
    return band;
}

// The product of two matrices where the larger one must be converted: bands of its rows, or of its columns if it is
// the right one, are converted one after the other. Nothing where that is not worth it.
std::optional<Array> multiplied_in_bands(const char* function, const Array& left,
                                         const Array& right, DType dtype) {
    if (left.dimensions() > 2 || right.dimensions() > 2) return std::nullopt;
    if (left.dimensions() == 1 && right.dimensions() == 1) return std::nullopt;
    if (left.dimensions() == 1 || right.dimensions() == 1) {
        bool row = left.dimensions() == 1;
        auto product =
            row ? multiplied_in_bands(function, expand_dims(function, left, 0), right, dtype)
                : multiplied_in_bands(function, left, expand_dims(function, right, 1), dtype);
        if (product) product = reshape(function, *product, Dims{product->view.count()});
        return product;
    }
    bool by_rows = left.view.count() >= right.view.count();
    const Array& large = by_rows ? left : right;
    std::int64_t lines = large.view.shape[by_rows ? 0 : 1];
    std::int64_t each = std::max(large.view.shape[by_rows ? 1 : 0], std::int64_t{1});
    std::int64_t most = std::max(band_elements / each, std::int64_t{1});
    if (large.dtype() == dtype || lines <= most || left.view.shape[1] != right.view.shape[0])
        return std::nullopt;
    evaluate(large);
    Array other = convert(by_rows ? right : left, dtype);
    evaluate(other);
    Array result = new_array(dtype, Dims{left.view.shape[0], right.view.shape[1]});
    for (std::int64_t first = 0; first < lines; first += most) {
        std::int64_t count = std::min(most, lines - first);
        Array band = band_of(large, by_rows ? 0 : 1, first, count);
        Array product = by_rows ? matmul(function, band, other) : matmul(function, other, band);
        store(band_of(result, by_rows ? 0 : 1, first, count), product);
    }
    return result;
}

}  // namespace

Array matmul(const char* function, const Array& left, const Array& right) {
    for (const Array* x : {&left, &right})
        if (x->dimensions() == 0)
            fail<ValueError>(function, ": an operand is 0-d; give arrays of one dimension or more");
    if (left.distributed() || right.distributed()) return matmul_distributed(function, left, right);
    const Input inputs[] = {&left, &right};
    DType dtype = common_dtype(inputs);
    if (auto product = multiplied_in_bands(function, left, right, dtype)) return *product;
    bool row = left.dimensions() == 1, column = right.dimensions() == 1;
    Array a = readable(as_matrix(left, 0), dtype);
    Array b = readable(as_matrix(right, 1), dtype);
    int da = a.view.dimensions(), db = b.view.dimensions();
    std::int64_t m = a.view.shape[da - 2], k = a.view.shape[da - 1], n = b.view.shape[db - 1];
    if (k != b.view.shape[db - 2])
        fail<ValueError>(function, ": shapes ", to_string(left.shape()), " and ",
                         to_string(right.shape()), " do not fit: ", k, " columns meet ",
                         b.view.shape[db - 2], " rows");
    Dims batch =
        broadcast_shapes(function, without_matrix(a.view.shape), without_matrix(b.view.shape));
    Dims shape = batch;
    if (!row) shape.push_back(m);
    if (!column) shape.push_back(n);
    Array result = new_array(dtype, shape);
    if (element_count(batch) * m * n == 0) return result;
    if (comm::Play* playing = play())
        playing->work_done(0, 2.0 * static_cast<double>(element_count(batch)) *
                                  static_cast<double>(m) * static_cast<double>(n) *
                                  static_cast<double>(k));
    if (is_blank(a) || is_blank(b) || leaves_blank(m * n)) {
        result.node->buffer->set_worth(Worth::blank);
        return result;
    }
    // Loops over integers want lines of the right matrix.
    if (!is_floating(dtype) && !is_complex(dtype) && m >= 4 && n > 1 && b.view.strides[db - 1] != 1)
        b = copy(b);
    Batch{{dtype, m, n, k, matrix_of(a), matrix_of(b)},
          batch,
          broadcast_view(a.view, with_matrix(batch, m, k)),
          broadcast_view(b.view, with_matrix(batch, k, n)),
          result.node->bytes()}
        .multiply();
    return result;
}

}  // namespace hpxpy
