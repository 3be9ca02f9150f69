// Builtin operator codes of the TensorFlow Lite format.
#ifndef OCTET_ENGINE_MODEL_BUILTIN_OP_H_
#define OCTET_ENGINE_MODEL_BUILTIN_OP_H_

#include <cstdint>

#include "absl/strings/string_view.h"

namespace octet {

// One line an operator: OP(enumerator, name in the file format, code).
#define OCTET_BUILTIN_OPS(OP)                                                \
  OP(kAdd, "ADD", 0)                                                         \
  OP(kAveragePool2d, "AVERAGE_POOL_2D", 1)                                   \
  OP(kConcatenation, "CONCATENATION", 2)                                     \
  OP(kConv2d, "CONV_2D", 3)                                                  \
  OP(kDepthwiseConv2d, "DEPTHWISE_CONV_2D", 4)                               \
  OP(kDepthToSpace, "DEPTH_TO_SPACE", 5)                                     \
  OP(kDequantize, "DEQUANTIZE", 6)                                           \
  OP(kEmbeddingLookup, "EMBEDDING_LOOKUP", 7)                                \
  OP(kFloor, "FLOOR", 8)                                                     \
  OP(kFullyConnected, "FULLY_CONNECTED", 9)                                  \
  OP(kHashtableLookup, "HASHTABLE_LOOKUP", 10)                               \
  OP(kL2Normalization, "L2_NORMALIZATION", 11)                               \
  OP(kL2Pool2d, "L2_POOL_2D", 12)                                            \
  OP(kLocalResponseNormalization, "LOCAL_RESPONSE_NORMALIZATION", 13)        \
  OP(kLogistic, "LOGISTIC", 14)                                              \
  OP(kLshProjection, "LSH_PROJECTION", 15)                                   \
  OP(kLstm, "LSTM", 16)                                                      \
  OP(kMaxPool2d, "MAX_POOL_2D", 17)                                          \
  OP(kMul, "MUL", 18)                                                        \
  OP(kRelu, "RELU", 19)                                                      \
  OP(kReluN1To1, "RELU_N1_TO_1", 20)                                         \
  OP(kRelu6, "RELU6", 21)                                                    \
  OP(kReshape, "RESHAPE", 22)                                                \
  OP(kResizeBilinear, "RESIZE_BILINEAR", 23)                                 \
  OP(kRnn, "RNN", 24)                                                        \
  OP(kSoftmax, "SOFTMAX", 25)                                                \
  OP(kSpaceToDepth, "SPACE_TO_DEPTH", 26)                                    \
  OP(kSvdf, "SVDF", 27)                                                      \
  OP(kTanh, "TANH", 28)                                                      \
  OP(kConcatEmbeddings, "CONCAT_EMBEDDINGS", 29)                             \
  OP(kSkipGram, "SKIP_GRAM", 30)                                             \
  OP(kCall, "CALL", 31)                                                      \
  OP(kCustom, "CUSTOM", 32)                                                  \
  OP(kEmbeddingLookupSparse, "EMBEDDING_LOOKUP_SPARSE", 33)                  \
  OP(kPad, "PAD", 34)                                                        \
  OP(kUnidirectionalSequenceRnn, "UNIDIRECTIONAL_SEQUENCE_RNN", 35)          \
  OP(kGather, "GATHER", 36)                                                  \
  OP(kBatchToSpaceNd, "BATCH_TO_SPACE_ND", 37)                               \
  OP(kSpaceToBatchNd, "SPACE_TO_BATCH_ND", 38)                               \
  OP(kTranspose, "TRANSPOSE", 39)                                            \
  OP(kMean, "MEAN", 40)                                                      \
  OP(kSub, "SUB", 41)                                                        \
  OP(kDiv, "DIV", 42)                                                        \
  OP(kSqueeze, "SQUEEZE", 43)                                                \
  OP(kUnidirectionalSequenceLstm, "UNIDIRECTIONAL_SEQUENCE_LSTM", 44)        \
  OP(kStridedSlice, "STRIDED_SLICE", 45)                                     \
  OP(kBidirectionalSequenceRnn, "BIDIRECTIONAL_SEQUENCE_RNN", 46)            \
  OP(kExp, "EXP", 47)                                                        \
  OP(kTopkV2, "TOPK_V2", 48)                                                 \
  OP(kSplit, "SPLIT", 49)                                                    \
  OP(kLogSoftmax, "LOG_SOFTMAX", 50)                                         \
  OP(kDelegate, "DELEGATE", 51)                                              \
  OP(kBidirectionalSequenceLstm, "BIDIRECTIONAL_SEQUENCE_LSTM", 52)          \
  OP(kCast, "CAST", 53)                                                      \
  OP(kPrelu, "PRELU", 54)                                                    \
  OP(kMaximum, "MAXIMUM", 55)                                                \
  OP(kArgMax, "ARG_MAX", 56)                                                 \
  OP(kMinimum, "MINIMUM", 57)                                                \
  OP(kLess, "LESS", 58)                                                      \
  OP(kNeg, "NEG", 59)                                                        \
  OP(kPadv2, "PADV2", 60)                                                    \
  OP(kGreater, "GREATER", 61)                                                \
  OP(kGreaterEqual, "GREATER_EQUAL", 62)                                     \
  OP(kLessEqual, "LESS_EQUAL", 63)                                           \
  OP(kSelect, "SELECT", 64)                                                  \
  OP(kSlice, "SLICE", 65)                                                    \
  OP(kSin, "SIN", 66)                                                        \
  OP(kTransposeConv, "TRANSPOSE_CONV", 67)                                   \
  OP(kSparseToDense, "SPARSE_TO_DENSE", 68)                                  \
  OP(kTile, "TILE", 69)                                                      \
  OP(kExpandDims, "EXPAND_DIMS", 70)                                         \
  OP(kEqual, "EQUAL", 71)                                                    \
  OP(kNotEqual, "NOT_EQUAL", 72)                                             \
  OP(kLog, "LOG", 73)                                                        \
  OP(kSum, "SUM", 74)                                                        \
  OP(kSqrt, "SQRT", 75)                                                      \
  OP(kRsqrt, "RSQRT", 76)                                                    \
  OP(kShape, "SHAPE", 77)                                                    \
  OP(kPow, "POW", 78)                                                        \
  OP(kArgMin, "ARG_MIN", 79)                                                 \
  OP(kFakeQuant, "FAKE_QUANT", 80)                                           \
  OP(kReduceProd, "REDUCE_PROD", 81)                                         \
  OP(kReduceMax, "REDUCE_MAX", 82)                                           \
  OP(kPack, "PACK", 83)                                                      \
  OP(kLogicalOr, "LOGICAL_OR", 84)                                           \
  OP(kOneHot, "ONE_HOT", 85)                                                 \
  OP(kLogicalAnd, "LOGICAL_AND", 86)                                         \
  OP(kLogicalNot, "LOGICAL_NOT", 87)                                         \
  OP(kUnpack, "UNPACK", 88)                                                  \
  OP(kReduceMin, "REDUCE_MIN", 89)                                           \
  OP(kFloorDiv, "FLOOR_DIV", 90)                                             \
  OP(kReduceAny, "REDUCE_ANY", 91)                                           \
  OP(kSquare, "SQUARE", 92)                                                  \
  OP(kZerosLike, "ZEROS_LIKE", 93)                                           \
  OP(kFill, "FILL", 94)                                                      \
  OP(kFloorMod, "FLOOR_MOD", 95)                                             \
  OP(kRange, "RANGE", 96)                                                    \
  OP(kResizeNearestNeighbor, "RESIZE_NEAREST_NEIGHBOR", 97)                  \
  OP(kLeakyRelu, "LEAKY_RELU", 98)                                           \
  OP(kSquaredDifference, "SQUARED_DIFFERENCE", 99)                           \
  OP(kMirrorPad, "MIRROR_PAD", 100)                                          \
  OP(kAbs, "ABS", 101)                                                       \
  OP(kSplitV, "SPLIT_V", 102)                                                \
  OP(kUnique, "UNIQUE", 103)                                                 \
  OP(kCeil, "CEIL", 104)                                                     \
  OP(kReverseV2, "REVERSE_V2", 105)                                          \
  OP(kAddN, "ADD_N", 106)                                                    \
  OP(kGatherNd, "GATHER_ND", 107)                                            \
  OP(kCos, "COS", 108)                                                       \
  OP(kWhere, "WHERE", 109)                                                   \
  OP(kRank, "RANK", 110)                                                     \
  OP(kElu, "ELU", 111)                                                       \
  OP(kReverseSequence, "REVERSE_SEQUENCE", 112)                              \
  OP(kMatrixDiag, "MATRIX_DIAG", 113)                                        \
  OP(kQuantize, "QUANTIZE", 114)                                             \
  OP(kMatrixSetDiag, "MATRIX_SET_DIAG", 115)                                 \
  OP(kRound, "ROUND", 116)                                                   \
  OP(kHardSwish, "HARD_SWISH", 117)                                          \
  OP(kIf, "IF", 118)                                                         \
  OP(kWhile, "WHILE", 119)                                                   \
  OP(kNonMaxSuppressionV4, "NON_MAX_SUPPRESSION_V4", 120)                    \
  OP(kNonMaxSuppressionV5, "NON_MAX_SUPPRESSION_V5", 121)                    \
  OP(kScatterNd, "SCATTER_ND", 122)                                          \
  OP(kSelectV2, "SELECT_V2", 123)                                            \
  OP(kDensify, "DENSIFY", 124)                                               \
  OP(kSegmentSum, "SEGMENT_SUM", 125)                                        \
  OP(kBatchMatmul, "BATCH_MATMUL", 126)                                      \
  OP(kPlaceholderForGreaterOpCodes, "PLACEHOLDER_FOR_GREATER_OP_CODES", 127) \
  OP(kCumsum, "CUMSUM", 128)                                                 \
  OP(kCallOnce, "CALL_ONCE", 129)                                            \
  OP(kBroadcastTo, "BROADCAST_TO", 130)                                      \
  OP(kRfft2d, "RFFT2D", 131)                                                 \
  OP(kConv3d, "CONV_3D", 132)                                                \
  OP(kImag, "IMAG", 133)                                                     \
  OP(kReal, "REAL", 134)                                                     \
  OP(kComplexAbs, "COMPLEX_ABS", 135)                                        \
  OP(kHashtable, "HASHTABLE", 136)                                           \
  OP(kHashtableFind, "HASHTABLE_FIND", 137)                                  \
  OP(kHashtableImport, "HASHTABLE_IMPORT", 138)                              \
  OP(kHashtableSize, "HASHTABLE_SIZE", 139)                                  \
  OP(kReduceAll, "REDUCE_ALL", 140)                                          \
  OP(kConv3dTranspose, "CONV_3D_TRANSPOSE", 141)                             \
  OP(kVarHandle, "VAR_HANDLE", 142)                                          \
  OP(kReadVariable, "READ_VARIABLE", 143)                                    \
  OP(kAssignVariable, "ASSIGN_VARIABLE", 144)                                \
  OP(kBroadcastArgs, "BROADCAST_ARGS", 145)                                  \
  OP(kRandomStandardNormal, "RANDOM_STANDARD_NORMAL", 146)                   \
  OP(kBucketize, "BUCKETIZE", 147)                                           \
  OP(kRandomUniform, "RANDOM_UNIFORM", 148)                                  \
  OP(kMultinomial, "MULTINOMIAL", 149)                                       \
  OP(kGelu, "GELU", 150)                                                     \
  OP(kDynamicUpdateSlice, "DYNAMIC_UPDATE_SLICE", 151)                       \
  OP(kRelu0To1, "RELU_0_TO_1", 152)                                          \
  OP(kUnsortedSegmentProd, "UNSORTED_SEGMENT_PROD", 153)                     \
  OP(kUnsortedSegmentMax, "UNSORTED_SEGMENT_MAX", 154)                       \
  OP(kUnsortedSegmentSum, "UNSORTED_SEGMENT_SUM", 155)                       \
  OP(kAtan2, "ATAN2", 156)                                                   \
  OP(kUnsortedSegmentMin, "UNSORTED_SEGMENT_MIN", 157)                       \
  OP(kSign, "SIGN", 158)                                                     \
  OP(kBitcast, "BITCAST", 159)                                               \
  OP(kBitwiseXor, "BITWISE_XOR", 160)                                        \
  OP(kRightShift, "RIGHT_SHIFT", 161)                                        \
  OP(kStablehloLogistic, "STABLEHLO_LOGISTIC", 162)                          \
  OP(kStablehloAdd, "STABLEHLO_ADD", 163)                                    \
  OP(kStablehloDivide, "STABLEHLO_DIVIDE", 164)                              \
  OP(kStablehloMultiply, "STABLEHLO_MULTIPLY", 165)                          \
  OP(kStablehloMaximum, "STABLEHLO_MAXIMUM", 166)                            \
  OP(kStablehloReshape, "STABLEHLO_RESHAPE", 167)                            \
  OP(kStablehloClamp, "STABLEHLO_CLAMP", 168)                                \
  OP(kStablehloConcatenate, "STABLEHLO_CONCATENATE", 169)                    \
  OP(kStablehloBroadcastInDim, "STABLEHLO_BROADCAST_IN_DIM", 170)            \
  OP(kStablehloConvolution, "STABLEHLO_CONVOLUTION", 171)                    \
  OP(kStablehloSlice, "STABLEHLO_SLICE", 172)                                \
  OP(kStablehloCustomCall, "STABLEHLO_CUSTOM_CALL", 173)                     \
  OP(kStablehloReduce, "STABLEHLO_REDUCE", 174)                              \
  OP(kStablehloAbs, "STABLEHLO_ABS", 175)                                    \
  OP(kStablehloAnd, "STABLEHLO_AND", 176)                                    \
  OP(kStablehloCosine, "STABLEHLO_COSINE", 177)                              \
  OP(kStablehloExponential, "STABLEHLO_EXPONENTIAL", 178)                    \
  OP(kStablehloFloor, "STABLEHLO_FLOOR", 179)                                \
  OP(kStablehloLog, "STABLEHLO_LOG", 180)                                    \
  OP(kStablehloMinimum, "STABLEHLO_MINIMUM", 181)                            \
  OP(kStablehloNegate, "STABLEHLO_NEGATE", 182)                              \
  OP(kStablehloOr, "STABLEHLO_OR", 183)                                      \
  OP(kStablehloPower, "STABLEHLO_POWER", 184)                                \
  OP(kStablehloRemainder, "STABLEHLO_REMAINDER", 185)                        \
  OP(kStablehloRsqrt, "STABLEHLO_RSQRT", 186)                                \
  OP(kStablehloSelect, "STABLEHLO_SELECT", 187)                              \
  OP(kStablehloSubtract, "STABLEHLO_SUBTRACT", 188)                          \
  OP(kStablehloTanh, "STABLEHLO_TANH", 189)                                  \
  OP(kStablehloScatter, "STABLEHLO_SCATTER", 190)                            \
  OP(kStablehloCompare, "STABLEHLO_COMPARE", 191)                            \
  OP(kStablehloConvert, "STABLEHLO_CONVERT", 192)                            \
  OP(kStablehloDynamicSlice, "STABLEHLO_DYNAMIC_SLICE", 193)                 \
  OP(kStablehloDynamicUpdateSlice, "STABLEHLO_DYNAMIC_UPDATE_SLICE", 194)    \
  OP(kStablehloPad, "STABLEHLO_PAD", 195)                                    \
  OP(kStablehloIota, "STABLEHLO_IOTA", 196)                                  \
  OP(kStablehloDotGeneral, "STABLEHLO_DOT_GENERAL", 197)                     \
  OP(kStablehloReduceWindow, "STABLEHLO_REDUCE_WINDOW", 198)                 \
  OP(kStablehloSort, "STABLEHLO_SORT", 199)                                  \
  OP(kStablehloWhile, "STABLEHLO_WHILE", 200)                                \
  OP(kStablehloGather, "STABLEHLO_GATHER", 201)                              \
  OP(kStablehloTranspose, "STABLEHLO_TRANSPOSE", 202)                        \
  OP(kDilate, "DILATE", 203)                                                 \
  OP(kStablehloRngBitGenerator, "STABLEHLO_RNG_BIT_GENERATOR", 204)          \
  OP(kReduceWindow, "REDUCE_WINDOW", 205)                                    \
  OP(kStablehloComposite, "STABLEHLO_COMPOSITE", 206)                        \
  OP(kStablehloShiftLeft, "STABLEHLO_SHIFT_LEFT", 207)                       \
  OP(kStablehloCbrt, "STABLEHLO_CBRT", 208)                                  \
  OP(kStablehloCase, "STABLEHLO_CASE", 209)

enum class BuiltinOp : int32_t {
#define OCTET_ENUMERATOR(id, name, code) id = code,
  OCTET_BUILTIN_OPS(OCTET_ENUMERATOR)
#undef OCTET_ENUMERATOR
};

// "CONV_2D"; "UNKNOWN" for a code that the format does not define.
absl::string_view BuiltinOpName(BuiltinOp op);

}  // namespace octet

#endif  // OCTET_ENGINE_MODEL_BUILTIN_OP_H_
