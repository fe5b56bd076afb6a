/** What the smaller benchmarks and the scaling curves run. Depends on nothing else of the harness. */
package io.pvmjit.bench.sample;
