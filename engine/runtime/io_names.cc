#include "engine/runtime/io_names.h"

#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/types/span.h"

namespace octet {
namespace {

using NamedTensors = std::vector<std::pair<std::string, int32_t>>;

std::vector<std::string> NamesOf(const SubgraphDef& subgraph, absl::Span<const int32_t> tensors,
                                 const NamedTensors* signature, absl::string_view kind) {
  std::vector<std::string> names;
  std::set<std::string> taken;
  for (size_t i = 0; i < tensors.size(); ++i) {
    std::string name = subgraph.tensors[tensors[i]].name;
    if (signature != nullptr) {
      for (const auto& [given, tensor] : *signature) {
        if (tensor == tensors[i] && taken.count(given) == 0) {
          name = given;
          break;
        }
      }
    }
    if (name.empty()) name = absl::StrCat(kind, "_", i);
    std::string unique = name;
    for (int suffix = 1; !taken.insert(unique).second; ++suffix) {
      unique = absl::StrCat(name, "_", suffix);
    }
    names.push_back(std::move(unique));
  }
  return names;
}

}  // namespace

IoNames PublicNames(const Model& model) {
  const SignatureDef* signature = nullptr;
  for (const SignatureDef& candidate : model.signatures()) {
    if (candidate.subgraph == 0) {
      signature = &candidate;
      break;
    }
  }
  const SubgraphDef& main = model.main();
  return {
      NamesOf(main, main.inputs, signature == nullptr ? nullptr : &signature->inputs, "input"),
      NamesOf(main, main.outputs, signature == nullptr ? nullptr : &signature->outputs, "output")};
}

}  // namespace octet
