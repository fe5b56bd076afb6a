// Times a WebAssembly module on V8. Reads what to do as JSON from standard input, prints what it found as JSON.
//   input: {module, parameter, expected, phases, warmup: {iterations, milliseconds}, runWarmup, measurement}
//   output: {node, v8, result, samples: {phase: [nanoseconds of an operation, one figure for each iteration]}}
import {readFileSync} from 'node:fs';

process.on('uncaughtException', (error) => {
    console.error(`error: ${error.message}`);
    process.exit(1);
});

const order = JSON.parse(readFileSync(0, 'utf8'));
const octets = readFileSync(order.module);
const parameter = BigInt.asIntN(64, BigInt(order.parameter));

// V8 keeps what it compiled for equal octets: each compilation gets a custom section with a number of its own.
let compilations = 0;
function fresh() {
    const section = Buffer.alloc(12);
    section.set([0, 10, 1, 0x6e]);
    section.writeDoubleLE(++compilations, 4);
    return Buffer.concat([octets, section]);
}

// The one import that workloads have: a host call that answers less each time.
let gas = -1n;
const imports = {host: {gas: () => gas--}};

const compile = () => WebAssembly.compile(fresh());
const make = (module) => new WebAssembly.Instance(module, imports);
const hex = (result) => BigInt.asUintN(64, result).toString(16);

function check(result) {
    const actual = hex(result);
    if (order.expected !== undefined && actual !== order.expected) {
        throw new Error(`returned ${actual}, not ${order.expected}`);
    }
    return actual;
}

const kept = await compile();
const instance = make(kept);
const operations = {
    oneShot: async () => check(make(await compile()).exports.run(parameter)),
    compile,
    make: () => make(kept),
    run: () => check(instance.exports.run(parameter)),
};

// Nanoseconds of one operation, over as many as fit into the time; at least one.
async function iteration(operation, milliseconds) {
    const begin = process.hrtime.bigint();
    const end = begin + BigInt(milliseconds) * 1000000n;
    let count = 0;
    let now;
    do {
        const answer = operation();
        // Waiting for what is no promise would cost more than a short operation.
        if (answer instanceof Promise) {
            await answer;
        }
        count++;
        now = process.hrtime.bigint();
    } while (now < end);
    return Number(now - begin) / count;
}

const samples = {};
for (const phase of order.phases) {
    const warmup = phase === 'run' ? order.runWarmup : order.warmup;
    for (let i = 0; i < warmup.iterations; i++) {
        await iteration(operations[phase], warmup.milliseconds);
    }
    samples[phase] = [];
    for (let i = 0; i < order.measurement.iterations; i++) {
        samples[phase].push(await iteration(operations[phase], order.measurement.milliseconds));
    }
}
const result = hex(instance.exports.run(parameter));
console.log(JSON.stringify({node: process.version, v8: process.versions.v8, result, samples}));
