/**
 * Traces of host calls in the text form that JAM teams exchange (JIP-7): written while a program runs, read, replayed
 * without a node, and compared.
 */
package io.pvmjit.hostcalls.trace;
