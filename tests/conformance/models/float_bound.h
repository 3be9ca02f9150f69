// How far two correct float32 executions of a model may lie apart.
#ifndef OCTET_TESTS_CONFORMANCE_MODELS_FLOAT_BOUND_H_
#define OCTET_TESTS_CONFORMANCE_MODELS_FLOAT_BOUND_H_

#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "engine/model/model.h"

namespace octet::testing {

// Upper bound, for each output, of the difference between two executions that sum in any order,
// each step rounded to float32. Standard analysis (N. Higham, "Accuracy and Stability of Numerical
// Algorithms", section 3.1): a sum of k products is off by at most gamma(k) * sum |x||w| with
// gamma(k) = k u / (1 - k u), u = 2^-24; two of them by twice that. Errors and magnitudes are
// carried through the graph with the weights' L1 norms.
//
// `input_magnitude`, `output_magnitude`: the largest |value| of each input and recorded output.
// Unimplemented for an operator that has no
// rule here.
absl::StatusOr<std::vector<double>> FloatDifferenceBound(const Model& model,
                                                         absl::Span<const double> input_magnitude,
                                                         absl::Span<const double> output_magnitude);

}  // namespace octet::testing

#endif  // OCTET_TESTS_CONFORMANCE_MODELS_FLOAT_BOUND_H_
