#include "engine/quantize/transform/graph_insert.h"

#include <memory>
#include <utility>

namespace octet {

void InsertedOperators::Apply(tflite::SubGraphT& graph) const {
  std::vector<std::vector<Inserted>> before(graph.operators.size() + 1);
  std::vector<std::vector<Inserted>> after(graph.operators.size());
  for (const Inserted& inserted : list_) before[inserted.at].push_back(inserted);
  for (const Inserted& inserted : after_) after[inserted.at].push_back(inserted);
  std::vector<std::unique_ptr<tflite::OperatorT>> operators;
  const auto put = [&operators](const std::vector<Inserted>& list) {
    for (const Inserted& inserted : list) {
      auto op = std::make_unique<tflite::OperatorT>();
      op->opcode_index = inserted.code;
      op->inputs = {inserted.input};
      op->outputs = {inserted.output};
      operators.push_back(std::move(op));
    }
  };
  for (size_t i = 0; i < graph.operators.size(); ++i) {
    put(before[i]);
    operators.push_back(std::move(graph.operators[i]));
    put(after[i]);
  }
  put(before.back());
  graph.operators = std::move(operators);
}

}  // namespace octet
