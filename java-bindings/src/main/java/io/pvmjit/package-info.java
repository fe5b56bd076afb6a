/**
 * Runs programs of the PVM: an {@link io.pvmjit.Engine} compiles {@link io.pvmjit.Module modules}, which are run in
 * {@link io.pvmjit.Instance instances} with RAM and gas of their own. Handlers for host calls are in
 * {@code io.pvmjit.hostcalls}.
 */
package io.pvmjit;
