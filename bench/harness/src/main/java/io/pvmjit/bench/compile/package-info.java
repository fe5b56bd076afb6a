/** How long our JIT compiles, and how large what it makes is: programs of compilers, and programs that make the most of it. */
package io.pvmjit.bench.compile;
