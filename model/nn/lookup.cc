#include "model/nn/lookup.h"

#include <cstring>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "model/nn/lookup.cc"
#include <hwy/foreach_target.h>
// After foreach_target.h:
#include "model/nn/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace millrace::nn::HWY_NAMESPACE {

void AddLookup(ConstMatrix table, std::span<const std::uint32_t> index, Matrix out) {
  for (std::size_t i = 0; i < index.size(); ++i) AddRow(out.row(i), table.row(index[i]), out.columns);
}

void AddLookupBackward(std::span<const std::uint32_t> index, ConstMatrix dout, Matrix dtable) {
  for (std::size_t i = 0; i < index.size(); ++i) AddRow(dtable.row(index[i]), dout.row(i), dout.columns);
}

}  // namespace millrace::nn::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace millrace::nn {

HWY_EXPORT(AddLookup);
HWY_EXPORT(AddLookupBackward);

void add_lookup(ConstMatrix table, std::span<const std::uint32_t> index, Matrix out) {
  HWY_DYNAMIC_DISPATCH(AddLookup)(table, index, out);
}
void add_lookup_backward(std::span<const std::uint32_t> index, ConstMatrix dout, Matrix dtable) {
  HWY_DYNAMIC_DISPATCH(AddLookupBackward)(index, dout, dtable);
}
void gather_rows(ConstMatrix table, std::span<const std::uint32_t> index, Matrix out) {
  for (std::size_t i = 0; i < index.size(); ++i) {
    std::memcpy(out.row(i), table.row(index[i]), table.columns * sizeof(float));
  }
}

}  // namespace millrace::nn
#endif
