/** Benchmarks of compiling, running, host calls and instances; {@code scripts/bench} runs them. */
package io.pvmjit.bench;
