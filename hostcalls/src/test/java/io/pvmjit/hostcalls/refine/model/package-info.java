/**
 * A refinement's host calls held against a model of their tables: plain data and the tables' own words, sharing no code
 * with what it checks.
 */
package io.pvmjit.hostcalls.refine.model;
