#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"
#include "engine/model/constants.h"
#include "engine/model/graph_check.h"
#include "engine/model/model.h"
#include "engine/model/operator_reader.h"
#include "engine/model/signature_reader.h"
#include "engine/model/structure.h"
#include "engine/model/tensor_reader.h"
#include "engine/model/text.h"

namespace octet {
namespace {

absl::StatusOr<SubgraphDef> ReadSubgraph(const tflite::SubGraph& source, size_t index,
                                         const std::vector<OperatorKind>& kinds,
                                         ConstantStore& constants) {
  SubgraphDef graph;
  std::vector<uint32_t> buffers;
  if (source.name() != nullptr) graph.name = source.name()->str();
  if (source.tensors() != nullptr) {
    graph.tensors.reserve(source.tensors()->size());
    for (const tflite::Tensor* tensor : *source.tensors()) {
      const absl::string_view name =
          tensor->name() == nullptr
              ? absl::string_view()
              : absl::string_view(tensor->name()->c_str(), tensor->name()->size());
      OCTET_ASSIGN_OR_RETURN(
          TensorDef def,
          ReadTensor(*tensor, TensorLabel(index, graph.tensors.size(), name), constants));
      graph.tensors.push_back(std::move(def));
      buffers.push_back(tensor->buffer());
    }
  }
  if (source.operators() != nullptr) {
    graph.operators.reserve(source.operators()->size());
    for (const tflite::Operator* op : *source.operators()) {
      OCTET_ASSIGN_OR_RETURN(OperatorDef def,
                             ReadOperator(*op, kinds, index, graph.operators.size()));
      graph.operators.push_back(std::move(def));
    }
  }
  if (source.inputs() != nullptr) {
    graph.inputs.assign(source.inputs()->begin(), source.inputs()->end());
  }
  if (source.outputs() != nullptr) {
    graph.outputs.assign(source.outputs()->begin(), source.outputs()->end());
  }
  OCTET_RETURN_IF_ERROR(CheckGraph(index, buffers, graph));
  return graph;
}

absl::Status CheckMetadata(const tflite::Model& model, size_t buffers) {
  if (model.metadata() == nullptr) return absl::OkStatus();
  for (const tflite::Metadata* entry : *model.metadata()) {
    if (entry->buffer() < buffers) continue;
    const absl::string_view name =
        entry->name() == nullptr ? absl::string_view()
                                 : absl::string_view(entry->name()->c_str(), entry->name()->size());
    return absl::InvalidArgumentError(absl::StrCat("metadata ", QuoteName(name), ": buffer ",
                                                   entry->buffer(), " of ", buffers,
                                                   " does not exist"));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<SubgraphDef>> ReadSubgraphs(const tflite::Model& model,
                                                       ConstantStore& constants) {
  if (model.subgraphs() == nullptr || model.subgraphs()->size() == 0) {
    return absl::InvalidArgumentError("the model has no subgraph");
  }
  OCTET_ASSIGN_OR_RETURN(const std::vector<OperatorKind> kinds, ReadOperatorKinds(model));
  std::vector<SubgraphDef> subgraphs;
  subgraphs.reserve(model.subgraphs()->size());
  for (const tflite::SubGraph* source : *model.subgraphs()) {
    OCTET_ASSIGN_OR_RETURN(SubgraphDef graph,
                           ReadSubgraph(*source, subgraphs.size(), kinds, constants));
    subgraphs.push_back(std::move(graph));
  }
  if (subgraphs[0].outputs.empty()) {
    return absl::InvalidArgumentError("subgraph 0 has no outputs: there is nothing to run");
  }
  return subgraphs;
}

absl::StatusOr<std::shared_ptr<const Model>> ReadStorage(std::shared_ptr<ModelStorage> storage) {
  OCTET_ASSIGN_OR_RETURN(const tflite::Model* model, VerifyStructure(storage->file));
  OCTET_ASSIGN_OR_RETURN(const BufferTable buffers, BufferTable::Create(*model, storage->file));
  OCTET_RETURN_IF_ERROR(CheckMetadata(*model, buffers.size()));
  ConstantStore constants(buffers, *storage);
  OCTET_ASSIGN_OR_RETURN(std::vector<SubgraphDef> subgraphs, ReadSubgraphs(*model, constants));
  OCTET_ASSIGN_OR_RETURN(std::vector<SignatureDef> signatures, ReadSignatures(*model, subgraphs));
  std::string description = model->description() == nullptr ? "" : model->description()->str();
  const size_t file_bytes = storage->file.size();
  return std::make_shared<const Model>(std::move(subgraphs), std::move(signatures),
                                       std::move(description), std::move(storage), file_bytes);
}

}  // namespace

absl::StatusOr<std::shared_ptr<const Model>> ReadModel(std::string bytes) {
  // A short string keeps its bytes inside itself, at an address that FlatBuffers may not like;
  // anything shorter than this is no model.
  constexpr size_t kShortest = 64;
  if (bytes.size() < kShortest) bytes.reserve(kShortest);
  auto storage = std::make_shared<ModelStorage>();
  storage->owned = std::move(bytes);
  storage->file = storage->owned;
  return ReadStorage(std::move(storage));
}

absl::StatusOr<std::shared_ptr<const Model>> ReadModelInPlace(absl::string_view bytes) {
  if (!IsAlignedForReading(bytes)) return ReadModel(std::string(bytes));
  auto storage = std::make_shared<ModelStorage>();
  storage->file = bytes;
  return ReadStorage(std::move(storage));
}

bool IsAlignedForReading(absl::string_view bytes) {
  constexpr uintptr_t kAlignment = 16;  // of buffers' data
  return reinterpret_cast<uintptr_t>(bytes.data()) % kAlignment == 0;
}

}  // namespace octet
