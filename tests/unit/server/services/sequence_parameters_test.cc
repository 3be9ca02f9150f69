#include "server/services/sequence_parameters.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace octet::server {
namespace {

using inference::ModelInferRequest;
using testing::HasSubstr;

inference::InferParameter& At(ModelInferRequest& request, const std::string& key) {
  return (*request.mutable_parameters())[key];
}

TEST(SequenceParameters, NoneMeansNone) {
  ModelInferRequest request;
  EXPECT_FALSE(ParseSequence(request)->has_value());
  At(request, "sequence_id").set_int64_param(0);
  EXPECT_FALSE(ParseSequence(request)->has_value());
  At(request, "sequence_id").set_string_param("");
  EXPECT_FALSE(ParseSequence(request)->has_value());
}

TEST(SequenceParameters, NumbersAndStringsAreDifferentNames) {
  ModelInferRequest request;
  At(request, "sequence_id").set_int64_param(7);
  At(request, "sequence_start").set_bool_param(true);
  EXPECT_EQ((**ParseSequence(request)).id, "7");
  EXPECT_TRUE((**ParseSequence(request)).start);
  EXPECT_FALSE((**ParseSequence(request)).end);
  At(request, "sequence_id").set_string_param("7");
  At(request, "sequence_end").set_bool_param(true);
  EXPECT_EQ((**ParseSequence(request)).id, "'7'");
  EXPECT_TRUE((**ParseSequence(request)).end);
}

TEST(SequenceParameters, WrongTypesAreNamed) {
  ModelInferRequest request;
  At(request, "sequence_id").set_double_param(7);
  EXPECT_THAT(ParseSequence(request).status().message(), HasSubstr("sequence_id"));
  At(request, "sequence_id").set_string_param(std::string(129, 'x'));
  EXPECT_THAT(ParseSequence(request).status().message(), HasSubstr("128"));
  At(request, "sequence_id").set_int64_param(7);
  At(request, "sequence_start").set_int64_param(1);
  EXPECT_THAT(ParseSequence(request).status().message(), HasSubstr("sequence_start"));
}

}  // namespace
}  // namespace octet::server
