//! Counts the primes below a number: 8 octets in, 8 octets out, both little-endian. What bench/programs/primes.c does,
//! with the sieve on the guest's heap by way of the global allocator.
#![no_std]
#![no_main]

use core::alloc::{GlobalAlloc, Layout};
use core::panic::PanicInfo;

/// What a guest returns: where its result is, and how long.
#[repr(C)]
pub struct Octets {
    data: *const u8,
    length: u64,
}

unsafe extern "C" {
    fn malloc(size: usize) -> *mut u8;
    fn free(memory: *mut u8);
    fn abort() -> !;
}

struct Heap;

unsafe impl GlobalAlloc for Heap {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        assert!(layout.align() <= 16);
        unsafe { malloc(layout.size()) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, _: Layout) {
        unsafe { free(memory) }
    }
}

static HEAP: Heap = Heap;
static mut RESULT: u64 = 0;

#[panic_handler]
fn panic(_: &PanicInfo) -> ! {
    unsafe { abort() }
}

fn primes_below(limit: usize) -> u64 {
    let layout = Layout::array::<bool>(limit.max(1)).unwrap();
    let memory = unsafe { HEAP.alloc_zeroed(layout) } as *mut bool;
    let composite = unsafe { core::slice::from_raw_parts_mut(memory, limit) };
    let mut count = 0;
    for number in 2..limit {
        if !composite[number] {
            count += 1;
            for multiple in (number * number..limit).step_by(number) {
                composite[multiple] = true;
            }
        }
    }
    unsafe { HEAP.dealloc(memory as *mut u8, layout) };
    count
}

#[unsafe(no_mangle)]
pub extern "C" fn refine(arguments: *const u8, length: u64) -> Octets {
    let given = unsafe { core::slice::from_raw_parts(arguments, length as usize) };
    let mut limit = [0u8; 8];
    let used = given.len().min(8);
    limit[..used].copy_from_slice(&given[..used]);
    unsafe {
        RESULT = primes_below(u64::from_le_bytes(limit) as usize);
        Octets { data: (&raw const RESULT).cast(), length: 8 }
    }
}
