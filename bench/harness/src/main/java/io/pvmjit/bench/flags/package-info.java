/** What compilers' flags are worth: gas, instructions and octets of guests. */
package io.pvmjit.bench.flags;
