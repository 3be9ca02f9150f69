# Cross compiling for arm64 with Debian's compiler; tests run under qemu's user mode.
#
# The libraries for arm64 come from OCTET_ARM64_LIBRARIES, a folder that
# tests/support/arm64_libraries.sh fills (by default, build-arm64-libraries in the source tree).
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)
set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)
set(CMAKE_LIBRARY_ARCHITECTURE aarch64-linux-gnu)

set(OCTET_ARM64_LIBRARIES ${CMAKE_CURRENT_LIST_DIR}/../build-arm64-libraries CACHE PATH
  "Debian's arm64 libraries, unpacked")
list(APPEND CMAKE_PREFIX_PATH ${OCTET_ARM64_LIBRARIES}/usr)

set(CMAKE_CROSSCOMPILING_EMULATOR qemu-aarch64 -L /usr/aarch64-linux-gnu
  -E LD_LIBRARY_PATH=${OCTET_ARM64_LIBRARIES}/usr/lib/aarch64-linux-gnu)
