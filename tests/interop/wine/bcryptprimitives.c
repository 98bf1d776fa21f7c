/* Wine before 8.16 lacks bcryptprimitives.dll, which every Windows has had since Vista and which Rust's
 * standard library takes its random seeds from. It lies beside the program under test, nowhere else. */
#include <windows.h>

BOOLEAN NTAPI SystemFunction036(void *buffer, ULONG length); /* RtlGenRandom */

__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE data, SIZE_T length) {
    return length <= 0xffffffff && SystemFunction036(data, (ULONG)length);
}
