/** How long our JIT compiles and how much it makes, of programs as compilers make them and of the worst there are. */
package io.pvmjit.bench.compile;
