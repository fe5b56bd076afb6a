/* Where libsecp256k1 looks for its header: the sources of a package are searched from its root. */
#include "src/secp256k1/include/secp256k1_preallocated.h"
