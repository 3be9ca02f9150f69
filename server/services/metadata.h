// What the inference protocol tells about a model.
#ifndef OCTET_SERVER_SERVICES_METADATA_H_
#define OCTET_SERVER_SERVICES_METADATA_H_

#include <string>
#include <vector>

#include "inference/grpc_service.pb.h"
#include "inference/model_config.pb.h"
#include "server/metrics/statistics.h"
#include "server/models/served_model.h"

namespace octet::server {

// `versions`: all that are ready.
void DescribeModel(const ServedModel& model, const std::vector<std::string>& versions,
                   inference::ModelMetadataResponse& message);

// Parameters are named in proto/inference/model_config.proto.
void DescribeConfig(const ServedModel& model, inference::ModelConfig& message);

void DescribeStatistics(const ServedModel& model, const ModelStatisticsSnapshot& statistics,
                        inference::ModelStatistics& message);

}  // namespace octet::server

#endif  // OCTET_SERVER_SERVICES_METADATA_H_
