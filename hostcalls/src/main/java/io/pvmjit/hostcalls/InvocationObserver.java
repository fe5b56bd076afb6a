package io.pvmjit.hostcalls;

import io.pvmjit.Exit;
import io.pvmjit.Instance;
import io.pvmjit.StandardProgram;

/** Sees an invocation begin and end, and may put something around its host calls: a trace does. */
public interface InvocationObserver {
    /** One that sees nothing. */
    InvocationObserver NONE = new InvocationObserver() {
        @Override
        public HostCallTable begin(ArgumentInvocation invocation, StandardProgram program, Instance instance) {
            return invocation.calls();
        }

        @Override
        public void end(Instance instance, Exit exit) {}
    };

    /**
     * The invocation is about to start on a new instance of the program, whose registers, gas and pc are not set yet.
     *
     * @return what serves its host calls: {@link ArgumentInvocation#calls()}, or those with something around them
     */
    HostCallTable begin(ArgumentInvocation invocation, StandardProgram program, Instance instance);

    /** It has stopped, the instance is still open. Not called when an exception ended it. */
    void end(Instance instance, Exit exit);
}
