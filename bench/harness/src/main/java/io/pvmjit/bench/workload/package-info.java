/** The workloads, programs in C, and how they are built for every target. */
package io.pvmjit.bench.workload;
