/** What was measured, and the report about it. */
package io.pvmjit.bench.report;
