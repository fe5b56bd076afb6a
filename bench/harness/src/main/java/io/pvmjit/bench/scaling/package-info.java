/** How time and memory grow with code size, threads, instances and inner machines. */
package io.pvmjit.bench.scaling;
