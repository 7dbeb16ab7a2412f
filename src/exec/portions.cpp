// Blocks of views whose elements lie in several memories.
// SPDX-License-Identifier: BSL-1.0
#include "exec/portions.hpp"

#include <algorithm>
#include <cstdlib>

namespace hpxpy {

namespace {

// Along which axis of the node each axis of the view goes, in which steps, and where the view begins.
struct Course {
    Dims start;
    std::vector<int> along;  ///< -1: it is stretched, or of length 1
    Dims steps;
};

std::optional<Course> course_of(const Dims& shape, const View& view) {
    Dims strides = dense_strides(shape);
    Course course{Dims(shape.size()), {}, Dims(view.dimensions())};
    std::int64_t rest = view.offset;
    for (int k = 0; k < shape.size(); ++k) {
        if (shape[k] == 1) continue;
        course.start[k] = rest / strides[k];
        rest %= strides[k];
    }
    Dims low = course.start, high = course.start;
    for (int i = 0; i < view.dimensions(); ++i) {
        std::int64_t stride = view.strides[i];
        course.along.push_back(-1);
        if (view.shape[i] == 1 || stride == 0) continue;
        int axis = 0;
        while (axis < shape.size() && (shape[axis] == 1 || strides[axis] > std::abs(stride)))
            ++axis;
        if (axis == shape.size() || stride % strides[axis] != 0) return std::nullopt;
        course.along[static_cast<std::size_t>(i)] = axis;
        course.steps[i] = stride / strides[axis];
        (stride < 0 ? low : high)[axis] += course.steps[i] * (view.shape[i] - 1);
    }
    for (int k = 0; k < shape.size(); ++k)
        if (low[k] < 0 || high[k] >= shape[k]) return std::nullopt;
    return course;
}

}  // namespace

bool PortionedAccess::reads(const Node& node, const View& view) {
    return course_of(node.shape, view).has_value();
}

std::optional<PortionedAccess> PortionedAccess::of(const Node& node, const View& view) {
    std::optional<Course> course = course_of(node.shape, view);
    if (!course) return std::nullopt;
    PortionedAccess result;
    result.count_ = view.count();
    result.itemsize_ = itemsize(node.dtype);
    std::vector<int> ends;  // the axes along which portions end
    std::vector<int> number(static_cast<std::size_t>(node.shape.size()), -1);
    for (int k = 0; k < node.shape.size(); ++k) {
        bool whole = std::all_of(
            node.portions().begin(), node.portions().end(),
            [&](const Portion& portion) { return portion.memory.view.shape[k] == node.shape[k]; });
        if (whole) continue;
        number[static_cast<std::size_t>(k)] = static_cast<int>(ends.size());
        ends.push_back(k);
        result.start_.push_back(course->start[k]);
    }
    std::int64_t apart = 1;
    for (int i = view.dimensions() - 1; i >= 0; --i) {
        int along = course->along[static_cast<std::size_t>(i)];
        result.axes_.push_back({apart, view.shape[i], course->steps[i],
                                along < 0 ? -1 : number[static_cast<std::size_t>(along)]});
        apart *= view.shape[i];
    }
    std::reverse(result.axes_.begin(), result.axes_.end());
    std::int64_t most = -1;
    for (const Portion& portion : node.portions()) {
        const View& memory = portion.memory.view;
        View seen{memory.offset, view.shape, Dims(view.dimensions())};
        for (int k = 0; k < node.shape.size(); ++k)
            seen.offset += (course->start[k] - portion.first[k]) * memory.strides[k];
        for (int i = 0; i < view.dimensions(); ++i) {
            int along = course->along[static_cast<std::size_t>(i)];
            if (along >= 0) seen.strides[i] = course->steps[i] * memory.strides[along];
        }
        Box box{{},
                {},
                Access(portion.memory.node->bytes(), seen, node.dtype),
                portion.comes && node.transit};
        for (int k : ends) {
            box.first.push_back(portion.first[k]);
            box.last.push_back(portion.first[k] + memory.shape[k]);
        }
        result.linear_ &= box.access.linear();
        if (memory.count() > most) result.strides_ = seen.strides;
        most = std::max(most, memory.count());
        result.boxes_.push_back(std::move(box));
    }
    return result;
}

char* PortionedAccess::only_element() const {
    if (count_ == 0) return nullptr;
    for (const Axis& axis : axes_)
        if (axis.length != 1 && axis.step != 0) return nullptr;
    return find(0).access->start();
}

PortionedAccess::Found PortionedAccess::find(std::int64_t first) const {
    Dims at = start_;
    const Axis* innermost = nullptr;
    for (const Axis& axis : axes_) {
        if (axis.along < 0) continue;
        at[axis.along] += first / axis.apart % axis.length * axis.step;
        innermost = &axis;
    }
    auto holds = [&](const Box& box) {
        for (int k = 0; k < at.size(); ++k)
            if (at[k] < box.first[k] || at[k] >= box.last[k]) return false;
        return true;
    };
    const Box& box = *std::find_if(boxes_.begin(), boxes_.end(), holds);
    if (!innermost) return {&box.access, count_ - first, box.comes};
    int along = innermost->along;
    std::int64_t step = innermost->step;
    std::int64_t steps = step > 0 ? (box.last[along] - at[along] + step - 1) / step
                                  : (at[along] - box.first[along]) / -step + 1;
    steps = std::min(steps, innermost->length - first / innermost->apart % innermost->length);
    return {&box.access, steps * innermost->apart - first % innermost->apart, box.comes};
}

void PortionedAccess::read(void* dense, std::int64_t first, std::int64_t n) const {
    auto* out = static_cast<char*>(dense);
    for (std::int64_t done = 0; done < n;) {
        Found found = find(first + done);
        std::int64_t taken = std::min(found.count, n - done);
        found.access->read(out + done * itemsize_, first + done, taken);
        done += taken;
    }
}

}  // namespace hpxpy
