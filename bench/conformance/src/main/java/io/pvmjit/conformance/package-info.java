/**
 * Conformance vectors: finding them, running each on an engine, telling what differs. One class per kind of vector.
 */
package io.pvmjit.conformance;
