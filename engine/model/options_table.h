// What readers of operator options share.
#ifndef OCTET_ENGINE_MODEL_OPTIONS_TABLE_H_
#define OCTET_ENGINE_MODEL_OPTIONS_TABLE_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "engine/model/builtin_op.h"
#include "engine/model/op_options.h"
#include "tflite_generated.h"

namespace octet {

enum class Presence { kRequired, kOptional };

// The operator's options as table T: null where they are absent and may be.
template <typename T>
absl::StatusOr<const T*> Table(const tflite::Operator& source, Presence presence,
                               const std::string& label) {
  constexpr tflite::BuiltinOptions kKind = tflite::BuiltinOptionsTraits<T>::enum_value;
  const tflite::BuiltinOptions kind = source.builtin_options_type();
  const void* table = source.builtin_options();
  if (kind == kKind && table != nullptr) return static_cast<const T*>(table);
  if (kind != kKind && kind != tflite::BuiltinOptions::NONE) {
    return absl::InvalidArgumentError(
        absl::StrCat(label, ": has ", tflite::EnumNameBuiltinOptions(kind), " instead of ",
                     tflite::EnumNameBuiltinOptions(kKind)));
  }
  if (presence == Presence::kRequired) {
    return absl::InvalidArgumentError(
        absl::StrCat(label, ": ", tflite::EnumNameBuiltinOptions(kKind), " are missing"));
  }
  return static_cast<const T*>(nullptr);
}

absl::StatusOr<Padding> ReadPadding(tflite::Padding padding, const std::string& label);
absl::StatusOr<Activation> ReadActivation(tflite::ActivationFunctionType activation,
                                          const std::string& label);

// Options of operators that rearrange, select or make data; monostate for any other.
absl::StatusOr<OpOptions> ReadMovementOptions(BuiltinOp op, const tflite::Operator& source,
                                              const std::string& label);

// Options of recurrent operators, control flow and state; monostate for any other.
absl::StatusOr<OpOptions> ReadStateOptions(BuiltinOp op, const tflite::Operator& source,
                                           const std::string& label);

}  // namespace octet

#endif  // OCTET_ENGINE_MODEL_OPTIONS_TABLE_H_
