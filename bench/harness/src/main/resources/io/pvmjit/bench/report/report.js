// Draws the charts that the page carries as data. Each canvas that was drawn says so in data-drawn; what went wrong is
// collected in the body's data-errors, for the test that opens the page.
'use strict';

const errors = [];
function failed(what) {
    errors.push(String(what));
    document.body.dataset.errors = errors.join('; ');
}
window.addEventListener('error', (event) => failed(event.message));
const consoleError = console.error;
console.error = (...words) => {
    failed(words.join(' '));
    consoleError(...words);
};

const ROW = 11; // pixels of a bar with its gap
const charts = JSON.parse(document.getElementById('charts').textContent);
const style = (name) => getComputedStyle(document.documentElement).getPropertyValue('--' + name).trim();
const colorOf = (name) => style({first: 'jit', second: 'v8'}[name] ?? name);
const number = (value) => value >= 1000 ? value.toLocaleString('en') : String(Number(value.toPrecision(3)));

// Lines from value - error to value + error, with short ends, on horizontal bars.
const whiskers = {
    id: 'whiskers',
    afterDatasetsDraw(chart) {
        const {ctx, chartArea} = chart;
        ctx.save();
        ctx.strokeStyle = style('text');
        ctx.lineWidth = 1;
        chart.data.datasets.forEach((dataset, index) => {
            if (!chart.isDatasetVisible(index) || !dataset.errors) {
                return;
            }
            chart.getDatasetMeta(index).data.forEach((bar, i) => {
                const error = dataset.errors[i];
                const value = dataset.data[i];
                if (error === null || value === null) {
                    return;
                }
                const scale = chart.scales.x;
                // An interval down to zero or below has no place on a logarithmic axis but its begin.
                const low = value > error
                    ? Math.max(scale.getPixelForValue(value - error), chartArea.left)
                    : chartArea.left;
                const high = Math.min(scale.getPixelForValue(value + error), chartArea.right);
                ctx.beginPath();
                ctx.moveTo(low, bar.y);
                ctx.lineTo(high, bar.y);
                for (const end of [low, high]) {
                    ctx.moveTo(end, bar.y - 2.5);
                    ctx.lineTo(end, bar.y + 2.5);
                }
                ctx.stroke();
            });
        });
        ctx.restore();
    },
};

// Only 1, 2 and 5 of each decade have labels on a logarithmic axis.
function logarithmicTick(value) {
    const digit = value / 10 ** Math.floor(Math.log10(value) + 1e-9);
    return [1, 2, 5].some((wanted) => Math.abs(digit - wanted) < 1e-6) ? number(value) : '';
}

function axis(title, logarithmic, more) {
    return {
        type: logarithmic ? 'logarithmic' : 'linear',
        title: {display: true, text: title, color: style('text')},
        ticks: {color: style('faint'), maxRotation: 0, ...(logarithmic ? {callback: logarithmicTick} : {precision: 0})},
        grid: {color: style('rule')},
        ...more,
    };
}

function options(chart, scales, more) {
    return {
        animation: false,
        responsive: true,
        maintainAspectRatio: false,
        plugins: {
            title: {display: true, text: chart.title, color: style('text'), font: {size: 16}},
            legend: {labels: {color: style('text')}},
        },
        scales,
        ...more,
    };
}

// The decades' part below the smallest value: bars on a logarithmic axis need somewhere to begin.
function below(chart) {
    const values = chart.series.flatMap((series) => series.values).filter((value) => value !== null && value > 0);
    const least = Math.min(1, ...values);
    return 10 ** Math.floor(Math.log10(least) - 1e-9);
}

function bars(chart) {
    return {
        type: 'bar',
        data: {
            labels: chart.labels,
            datasets: chart.series.map((series) => ({
                label: series.name,
                data: series.values,
                errors: series.errors,
                backgroundColor: colorOf(series.color),
                barPercentage: 0.9,
                categoryPercentage: 0.82,
            })),
        },
        options: options(chart, {
            x: axis(chart.unit, true, {min: below(chart)}),
            y: {ticks: {color: style('text'), autoSkip: false}, grid: {display: false}},
        }, {indexAxis: 'y'}),
        plugins: [whiskers],
    };
}

function lines(chart) {
    return {
        type: 'line',
        data: {
            datasets: chart.series.map((series) => ({
                label: series.name,
                data: series.points,
                borderColor: colorOf(series.color),
                backgroundColor: colorOf(series.color),
                borderWidth: 2,
                pointRadius: 3,
            })),
        },
        options: options(chart, {
            x: axis(chart.xTitle, chart.logarithmic, {}),
            y: axis(chart.unit, chart.logarithmic, chart.logarithmic ? {} : {beginAtZero: true}),
        }),
    };
}

// Whether anything but the background is on a canvas.
function isDrawn(canvas) {
    const pixels = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
    const colors = new Set();
    for (let i = 0; i < pixels.length && colors.size < 8; i += 4) {
        if (pixels[i + 3] > 0) {
            colors.add(pixels[i] << 16 | pixels[i + 1] << 8 | pixels[i + 2]);
        }
    }
    return colors.size >= 4;
}

let drawn = [];
function draw() {
    drawn.forEach((chart) => chart.destroy());
    drawn = charts.map((chart) => {
        const canvas = document.getElementById(chart.id);
        if (chart.kind === 'bar') {
            canvas.parentElement.style.height = `${140 + chart.labels.length * (chart.series.length * ROW + 8)}px`;
        }
        const result = new Chart(canvas, chart.kind === 'bar' ? bars(chart) : lines(chart));
        canvas.dataset.drawn = String(isDrawn(canvas));
        return result;
    });
}

draw();
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', draw);
