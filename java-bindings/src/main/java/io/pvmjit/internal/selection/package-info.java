/** Which backend an engine gets. It stands on all of them, and nothing stands on it. Not for embedders. */
package io.pvmjit.internal.selection;
