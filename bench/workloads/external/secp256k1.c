/*
 * Public keys recovered from ECDSA signatures by libsecp256k1, as an npm package ships it. The parameter is the number
 * of recoveries, each of another message that was signed here with another key; what is recovered must be that key.
 * Signatures are made by signing once with each of few keys, and varied by their message.
 */
#include <string.h>

#include "include/secp256k1.h"
#include "include/secp256k1_recovery.h"

#include "../workload.h"
