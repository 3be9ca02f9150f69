// Options of recurrent operators, control flow and state.
#include "engine/base/status_macros.h"
#include "engine/model/options_table.h"

namespace octet {
namespace {

template <typename T>
absl::StatusOr<OpOptions> ReadSequenceLstm(const tflite::Operator& source,
                                           const std::string& label) {
  OCTET_ASSIGN_OR_RETURN(const auto* t, Table<T>(source, Presence::kRequired, label));
  SequenceLstmOptions options;
  OCTET_ASSIGN_OR_RETURN(options.activation, ReadActivation(t->fused_activation_function(), label));
  options.cell_clip = t->cell_clip();
  options.proj_clip = t->proj_clip();
  options.time_major = t->time_major();
  options.asymmetric_quantize_inputs = t->asymmetric_quantize_inputs();
  if constexpr (std::is_same_v<T, tflite::BidirectionalSequenceLSTMOptions>) {
    options.merge_outputs = t->merge_outputs();
  }
  return options;
}

absl::StatusOr<OpOptions> ReadSequenceRnn(const tflite::Operator& source,
                                          const std::string& label) {
  OCTET_ASSIGN_OR_RETURN(const auto* t,
                         Table<tflite::SequenceRNNOptions>(source, Presence::kRequired, label));
  SequenceRnnOptions options;
  OCTET_ASSIGN_OR_RETURN(options.activation, ReadActivation(t->fused_activation_function(), label));
  options.time_major = t->time_major();
  options.asymmetric_quantize_inputs = t->asymmetric_quantize_inputs();
  return options;
}

absl::StatusOr<OpOptions> ReadSvdf(const tflite::Operator& source, const std::string& label) {
  OCTET_ASSIGN_OR_RETURN(const auto* t,
                         Table<tflite::SVDFOptions>(source, Presence::kRequired, label));
  SvdfOptions options;
  OCTET_ASSIGN_OR_RETURN(options.activation, ReadActivation(t->fused_activation_function(), label));
  options.rank = t->rank();
  options.asymmetric_quantize_inputs = t->asymmetric_quantize_inputs();
  return options;
}

absl::StatusOr<OpOptions> ReadVarHandle(const tflite::Operator& source, const std::string& label) {
  OCTET_ASSIGN_OR_RETURN(const auto* t,
                         Table<tflite::VarHandleOptions>(source, Presence::kRequired, label));
  VarHandleOptions options;
  if (t->container() != nullptr) options.container = t->container()->str();
  if (t->shared_name() != nullptr) options.shared_name = t->shared_name()->str();
  return options;
}

absl::StatusOr<OpOptions> ReadCallOnce(const tflite::Operator& source, const std::string& label) {
  OCTET_ASSIGN_OR_RETURN(const auto* t,
                         Table<tflite::CallOnceOptions>(source, Presence::kRequired, label));
  return CallOnceOptions{.init_subgraph = t->init_subgraph_index()};
}

absl::StatusOr<OpOptions> ReadIf(const tflite::Operator& source, const std::string& label) {
  OCTET_ASSIGN_OR_RETURN(const auto* t,
                         Table<tflite::IfOptions>(source, Presence::kRequired, label));
  return IfOptions{.then_subgraph = t->then_subgraph_index(),
                   .else_subgraph = t->else_subgraph_index()};
}

absl::StatusOr<OpOptions> ReadWhile(const tflite::Operator& source, const std::string& label) {
  OCTET_ASSIGN_OR_RETURN(const auto* t,
                         Table<tflite::WhileOptions>(source, Presence::kRequired, label));
  return WhileOptions{.cond_subgraph = t->cond_subgraph_index(),
                      .body_subgraph = t->body_subgraph_index()};
}

CustomOptions ReadCustom(const tflite::Operator& source) {
  CustomOptions options;
  if (source.custom_options() != nullptr) {
    options.bytes.assign(source.custom_options()->begin(), source.custom_options()->end());
  }
  return options;
}

}  // namespace

absl::StatusOr<OpOptions> ReadStateOptions(BuiltinOp op, const tflite::Operator& source,
                                           const std::string& label) {
  switch (op) {
    case BuiltinOp::kUnidirectionalSequenceLstm:
      return ReadSequenceLstm<tflite::UnidirectionalSequenceLSTMOptions>(source, label);
    case BuiltinOp::kBidirectionalSequenceLstm:
      return ReadSequenceLstm<tflite::BidirectionalSequenceLSTMOptions>(source, label);
    case BuiltinOp::kUnidirectionalSequenceRnn:
      return ReadSequenceRnn(source, label);
    case BuiltinOp::kSvdf:
      return ReadSvdf(source, label);
    case BuiltinOp::kVarHandle:
      return ReadVarHandle(source, label);
    case BuiltinOp::kCallOnce:
      return ReadCallOnce(source, label);
    case BuiltinOp::kIf:
      return ReadIf(source, label);
    case BuiltinOp::kWhile:
      return ReadWhile(source, label);
    case BuiltinOp::kCustom:
      return ReadCustom(source);
    default:
      return OpOptions();
  }
}

}  // namespace octet
