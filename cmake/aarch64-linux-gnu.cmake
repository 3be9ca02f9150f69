# arm64 on a Debian 12 amd64 machine: gcc's cross compiler, libraries from the arm64 archive beside
# the amd64 ones, programs run under qemu as the baseline processor (armv8.0: no dot product, no
# i8mm). flatc stays the machine's own.
#
#   dpkg --add-architecture arm64 && apt-get update
#   apt-get install --no-install-recommends g++-aarch64-linux-gnu qemu-user \
#     libabsl-dev:arm64 libbenchmark-dev:arm64 libflatbuffers-dev:arm64 libgmock-dev:arm64 \
#     libgtest-dev:arm64
#
# Eigen is headers alone: the amd64 machine's libeigen3-dev serves.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)
set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)
set(CMAKE_LIBRARY_ARCHITECTURE aarch64-linux-gnu)

# libc6:arm64 put the loader at its usual place, so qemu needs no root of its own.
set(OCTET_QEMU_CPU cortex-a53 CACHE STRING "Processor that qemu plays in tests")
set(CMAKE_CROSSCOMPILING_EMULATOR qemu-aarch64 -cpu ${OCTET_QEMU_CPU})

set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
