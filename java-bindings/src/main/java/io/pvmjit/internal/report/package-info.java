/** What is told of the engine's work: events of Java Flight Recorder, and lines for a logger at level debug. */
package io.pvmjit.internal.report;
