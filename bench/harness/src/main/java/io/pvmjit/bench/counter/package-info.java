/** Instructions and cycles, counted by the processor where the kernel allows. */
package io.pvmjit.bench.counter;
