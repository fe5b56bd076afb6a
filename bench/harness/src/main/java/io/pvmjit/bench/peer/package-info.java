/** Everything that runs a workload and is compared: our backends, native code, WebAssembly on the JVM and on V8. */
package io.pvmjit.bench.peer;
