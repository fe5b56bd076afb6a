/** How long the slowest of many small refinements take, with several garbage collectors. */
package io.pvmjit.bench.tail;
