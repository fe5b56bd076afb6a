/** What those who share a backend have of it: quotas, and modules that are compiled once. Not for embedders. */
package io.pvmjit.internal.sharing;
