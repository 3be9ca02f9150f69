# arm64 on a Debian 12 amd64 machine: gcc's cross compiler, programs run under qemu as the baseline
# processor (armv8.0: no dot product, no i8mm). flatc stays the machine's own; Eigen is headers
# alone, so the machine's serves.
#
# Libraries come from OCTET_ARM64_LIBRARIES, where tests/support/arm64_libraries.sh unpacks Debian's
# arm64 packages; a machine that has them installed (libabsl-dev:arm64 and so on) needs no such
# folder.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)
set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)
set(CMAKE_LIBRARY_ARCHITECTURE aarch64-linux-gnu)

set(OCTET_ARM64_LIBRARIES ${CMAKE_CURRENT_LIST_DIR}/../build-arm64-libraries CACHE PATH
  "Debian's arm64 libraries, unpacked")
list(APPEND CMAKE_PREFIX_PATH ${OCTET_ARM64_LIBRARIES}/usr)

set(OCTET_QEMU_CPU cortex-a53 CACHE STRING "Processor that qemu plays in tests")
set(CMAKE_CROSSCOMPILING_EMULATOR qemu-aarch64 -cpu ${OCTET_QEMU_CPU} -L /usr/aarch64-linux-gnu
  -E LD_LIBRARY_PATH=${OCTET_ARM64_LIBRARIES}/usr/lib/aarch64-linux-gnu)

set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
