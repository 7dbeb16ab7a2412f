// Each type is one line of `known_types`; those that HPX's component does not bring are registered here, and
// C++ programs that join register them too (HPX_REGISTER_PARTITIONED_VECTOR).
// SPDX-License-Identifier: BSL-1.0
#include "comm/hpx/vectors.hpp"

#include <hpx/components/containers/partitioned_vector/partitioned_vector.hpp>
#include <hpx/components/containers/partitioned_vector/partitioned_vector_predef.hpp>
#include <hpx/config.hpp>
#include <hpx/include/run_as.hpp>
#include <hpx/include/runtime.hpp>

#include <algorithm>
#include <cstring>
#include <functional>
#include <map>
#include <mutex>
#include <numeric>
#include <vector>

#include "base/error.hpp"

HPX_REGISTER_PARTITIONED_VECTOR(float)

namespace hpxpy::comm::hpx_engine {
namespace {

/// What keeps a part alive: HPX's component while HPX runs, its memory afterwards.
template <class T>
struct Part {
    std::shared_ptr<hpx::server::partitioned_vector<T>> component;
    std::vector<T> rescued;
};

/// The vectors of one type that this locality knows.
class Kind {
public:
    virtual ~Kind() = default;
    virtual void make(const std::string& name, const std::vector<std::size_t>& sizes) = 0;
    virtual NamedVector find(const std::string& name, int localities) = 0;
    virtual void read(const std::string& name, std::size_t first, std::size_t count, void* to) = 0;
};

template <class T>
class KindOf final : public Kind {
public:
    ~KindOf() override {
        // A vector that moves keeps its memory, so arrays that look at it stay valid.
        for (auto& part : parts_)
            if (auto alive = part.lock(); alive && alive->component) {
                alive->rescued = std::move(alive->component->get_data());
                alive->component.reset();
            }
        made_.clear();
    }

    void make(const std::string& name, const std::vector<std::size_t>& sizes) override {
        std::size_t length = std::accumulate(sizes.begin(), sizes.end(), std::size_t{0});
        std::vector<hpx::id_type> localities;
        for (std::uint32_t p = 0; p < sizes.size(); ++p)
            localities.push_back(hpx::naming::get_id_from_locality_id(p));
        hpx::partitioned_vector<T> vector(length, T(),
                                          hpx::explicit_container_layout(sizes, localities));
        vector.register_as(hpx::launch::sync, name);
        made_.insert_or_assign(name, std::move(vector));
    }

    NamedVector find(const std::string& name, int localities) override {
        hpx::partitioned_vector<T> vector;
        vector.connect_to(hpx::launch::sync, name);
        NamedVector found;
        found.length = static_cast<std::int64_t>(vector.size());
        found.sizes.assign(static_cast<std::size_t>(localities), 0);
        std::uint32_t next = 0;
        std::shared_ptr<hpx::server::partitioned_vector<T>> own;
        for (const auto& part : vector.partitions()) {
            if (part.locality_id_ < next || part.locality_id_ >= found.sizes.size()) {
                found.sizes.clear();
                return found;
            }
            next = part.locality_id_ + 1;
            found.sizes[part.locality_id_] = static_cast<std::int64_t>(part.size_);
            if (part.locality_id_ == hpx::get_locality_id()) own = part.local_data_;
        }
        if (!own) return found;
        found.data = own->get_data().data();
        found.owner = part_of(own);
        return found;
    }

    void read(const std::string& name, std::size_t first, std::size_t count, void* to) override {
        hpx::partitioned_vector<T> vector;
        vector.connect_to(hpx::launch::sync, name);
        auto place = static_cast<T*>(to);
        std::size_t begin = 0;
        for (const auto& part : vector.partitions()) {
            std::size_t end = begin + part.size_;
            std::size_t from = std::max(begin, first), last = std::min(end, first + count);
            if (from < last) {
                std::vector<T> data =
                    hpx::partitioned_vector_partition<T, std::vector<T>>(part.partition_)
                        .get_copied_data(hpx::launch::sync);
                std::copy(data.begin() + (from - begin), data.begin() + (last - begin),
                          place + (from - first));
            }
            begin = end;
        }
    }

private:
    std::shared_ptr<Part<T>> part_of(
        const std::shared_ptr<hpx::server::partitioned_vector<T>>& component) {
        std::erase_if(parts_, [](const auto& part) { return part.expired(); });
        for (const auto& known : parts_)
            if (auto part = known.lock(); part && part->component == component) return part;
        auto part = std::make_shared<Part<T>>();
        part->component = component;
        parts_.push_back(part);
        return part;
    }

    std::map<std::string, hpx::partitioned_vector<T>> made_;
    /// Of all that arrays look at, under whatever name.
    std::vector<std::weak_ptr<Part<T>>> parts_;
};

struct Type {
    DType dtype;
    const char* name;
    std::unique_ptr<Kind> (*make)();
};
template <class T>
std::unique_ptr<Kind> kind_of() {
    return std::make_unique<KindOf<T>>();
}
const Type known_types[] = {
    {DType::float64, "float64", kind_of<double>},
    {DType::float32, "float32", kind_of<float>},
    {DType::int32, "int32", kind_of<int>},
    {DType::int64, "int64 (long long)", kind_of<long long>},
};

/// On an HPX thread, since these calls wait for other localities.
void in_hpx(const std::function<void()>& call) { hpx::run_as_hpx_thread(call); }

class HpxVectors final : public Vectors {
public:
    explicit HpxVectors(int localities) : localities_(localities) {}
    ~HpxVectors() override {
        in_hpx([this] { kinds_.clear(); });
    }

    bool has(DType dtype) const override {
        return std::any_of(std::begin(known_types), std::end(known_types),
                           [&](const Type& type) { return type.dtype == dtype; });
    }

    std::string types() const override {
        std::string text;
        for (const Type& type : known_types)
            text += (text.empty() ? "" : ", ") + std::string(type.name);
        return text;
    }

    void make(const std::string& name, DType dtype,
              const std::vector<std::int64_t>& sizes) override {
        in_hpx([&] {
            if (hpx::agas::resolve_name(hpx::launch::sync, name))
                fail<ValueError>("to_partitioned_vector: the name '", name,
                                 "' is taken; choose another");
            kind(dtype).make(name, {sizes.begin(), sizes.end()});
        });
    }

    NamedVector find(const std::string& name, DType dtype) override {
        NamedVector found;
        in_hpx([&] {
            check_exists(name);
            found = kind(dtype).find(name, localities_);
        });
        return found;
    }

    void read(const std::string& name, DType dtype, std::int64_t first, std::int64_t count,
              void* to) override {
        in_hpx([&] {
            check_exists(name);
            kind(dtype).read(name, static_cast<std::size_t>(first), static_cast<std::size_t>(count),
                             to);
        });
    }

private:
    /// Without this, HPX would wait until somebody registers the name.
    static void check_exists(const std::string& name) {
        if (!hpx::agas::resolve_name(hpx::launch::sync, name))
            fail<ValueError>("from_partitioned_vector: no vector is registered as '", name,
                             "'; register it first (to_partitioned_vector, or register_as in C++)");
    }

    Kind& kind(DType dtype) {
        std::lock_guard guard(lock_);
        auto& kind = kinds_[dtype];
        for (const Type& type : known_types)
            if (!kind && type.dtype == dtype) kind = type.make();
        return *kind;
    }

    int localities_;
    std::mutex lock_;
    std::map<DType, std::unique_ptr<Kind>> kinds_;
};

}  // namespace

std::unique_ptr<Vectors> make_vectors(int localities) {
    return std::make_unique<HpxVectors>(localities);
}

}  // namespace hpxpy::comm::hpx_engine
