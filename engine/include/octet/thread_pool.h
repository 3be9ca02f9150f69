// The thread pool that compiled models share.
#ifndef OCTET_THREAD_POOL_H_
#define OCTET_THREAD_POOL_H_

#include "engine/base/thread_pool.h"  // IWYU pragma: export

#endif  // OCTET_THREAD_POOL_H_
