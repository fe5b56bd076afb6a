/** Whether the machine did nothing else while a session measured. */
package io.pvmjit.bench.quiet;
