#include "engine/model/signature_reader.h"

#include <string>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"
#include "engine/base/utf8.h"
#include "engine/model/text.h"

namespace octet {
namespace {

using NamedTensors = std::vector<std::pair<std::string, int32_t>>;
using TensorMaps = flatbuffers::Vector<flatbuffers::Offset<tflite::TensorMap>>;

absl::StatusOr<NamedTensors> ReadNames(const TensorMaps* maps, absl::string_view role,
                                       const std::vector<int32_t>& allowed,
                                       const std::string& label) {
  NamedTensors names;
  if (maps == nullptr) return names;
  const absl::flat_hash_set<int64_t> known(allowed.begin(), allowed.end());
  names.reserve(maps->size());
  for (const tflite::TensorMap* map : *maps) {
    std::string name = map->name() == nullptr ? std::string() : ToUtf8(map->name()->str());
    if (!known.contains(map->tensor_index())) {
      return absl::InvalidArgumentError(absl::StrCat(label, ": ", role, " ", QuoteName(name),
                                                     " is tensor ", map->tensor_index(),
                                                     ", which is no ", role, " of the subgraph"));
    }
    names.emplace_back(std::move(name), static_cast<int32_t>(map->tensor_index()));
  }
  return names;
}

}  // namespace

absl::StatusOr<std::vector<SignatureDef>> ReadSignatures(const tflite::Model& model,
                                                         absl::Span<const SubgraphDef> subgraphs) {
  std::vector<SignatureDef> signatures;
  if (model.signature_defs() == nullptr) return signatures;
  for (const tflite::SignatureDef* source : *model.signature_defs()) {
    SignatureDef signature;
    if (source->signature_key() != nullptr) signature.key = source->signature_key()->str();
    const std::string label = absl::StrCat("signature ", QuoteName(signature.key));
    if (source->subgraph_index() >= subgraphs.size()) {
      return absl::InvalidArgumentError(absl::StrCat(label, ": subgraph ", source->subgraph_index(),
                                                     " of ", subgraphs.size(), " does not exist"));
    }
    signature.subgraph = static_cast<int32_t>(source->subgraph_index());
    const SubgraphDef& graph = subgraphs[signature.subgraph];
    OCTET_ASSIGN_OR_RETURN(signature.inputs,
                           ReadNames(source->inputs(), "input", graph.inputs, label));
    OCTET_ASSIGN_OR_RETURN(signature.outputs,
                           ReadNames(source->outputs(), "output", graph.outputs, label));
    signatures.push_back(std::move(signature));
  }
  return signatures;
}

}  // namespace octet
