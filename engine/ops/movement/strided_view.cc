#include "engine/ops/movement/strided_view.h"

#include <algorithm>
#include <cstring>
#include <limits>

#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"
#include "engine/ops/core/checks.h"

namespace octet::ops {
namespace {

template <typename T>
void Copy(const StridedView& view, const T* in, T* out) {
  int64_t count = 1;
  for (int i = 0; i < view.rank; ++i) count *= view.sizes[i];
  if (count == 0) return;
  const int last = view.rank - 1;
  const int64_t inner = view.rank == 0 ? 1 : view.sizes[last];
  const int64_t stride = view.rank == 0 ? 1 : view.strides[last];
  std::array<int64_t, StridedView::kMaxRank> index{};
  int64_t at = view.offset;
  for (int64_t done = 0; done < count; done += inner) {
    if (stride == 1) {
      std::memcpy(out + done, in + at, inner * sizeof(T));
    } else {
      for (int64_t i = 0; i < inner; ++i) out[done + i] = in[at + i * stride];
    }
    for (int axis = last - 1; axis >= 0; --axis) {
      at += view.strides[axis];
      if (++index[axis] < view.sizes[axis]) break;
      at -= view.strides[axis] * index[axis];
      index[axis] = 0;
    }
  }
}

}  // namespace

void CopyView(const StridedView& view, size_t element, const void* in, void* out) {
  switch (element) {
    case 1:
      return Copy(view, static_cast<const uint8_t*>(in), static_cast<uint8_t*>(out));
    case 2:
      return Copy(view, static_cast<const uint16_t*>(in), static_cast<uint16_t*>(out));
    case 4:
      return Copy(view, static_cast<const uint32_t*>(in), static_cast<uint32_t*>(out));
    default:
      return Copy(view, static_cast<const uint64_t*>(in), static_cast<uint64_t*>(out));
  }
}

absl::Status CheckCopies(const TensorDef& input, const TensorDef& output) {
  if (!input.quantization.is_quantized() || !output.quantization.is_quantized()) {
    return absl::OkStatus();
  }
  return CheckSameQuantization(input, output, 0.0f);
}

SmallInts::SmallInts(DataType type, const void* data, int64_t count)
    : size_(static_cast<int>(std::min<int64_t>(count, StridedView::kMaxRank))) {
  for (int i = 0; i < size_; ++i) {
    values_[i] = type == DataType::kInt64 ? static_cast<const int64_t*>(data)[i]
                                          : static_cast<const int32_t*>(data)[i];
  }
}

absl::StatusOr<Shapes> OneShape(absl::Span<const int64_t> sizes) {
  absl::InlinedVector<int32_t, Shape::kMaxRank> dims;
  for (int64_t size : sizes) {
    if (size < 0 || size > std::numeric_limits<int32_t>::max()) {
      return absl::InvalidArgumentError(absl::StrCat(size, " is no size of a dimension"));
    }
    dims.push_back(static_cast<int32_t>(size));
  }
  OCTET_ASSIGN_OR_RETURN(Shape shape, Shape::Create(dims));
  return Shapes{std::move(shape)};
}

}  // namespace octet::ops
