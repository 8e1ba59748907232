//! The minimum of a smooth function inside of a box: L-BFGS on the variables that no bound holds.

/// Steps that the shape of the function is learned from.
const MEMORY: usize = 10;
/// Steps that are taken at most.
const MOST_STEPS: usize = 300;
/// A slope that counts as none.
const FLAT: f64 = 1e-7;

/// Finds the point in the box where the function is least. `f` gives the value and the gradient.
pub fn minimum(
    start: &[f64],
    bounds: &[(f64, f64)],
    f: impl Fn(&[f64]) -> (f64, Vec<f64>),
) -> Vec<f64> {
    let mut at = inside(start, bounds);
    let (mut value, mut slope) = f(&at);
    let mut memory: Vec<(Vec<f64>, Vec<f64>)> = Vec::new();
    for _ in 0..MOST_STEPS {
        let is_free = free(&at, &slope, bounds);
        let masked = mask(&slope, &is_free);
        if dot(&masked, &masked).sqrt() < FLAT {
            break;
        }
        let mut step = direction(&masked, &is_free, &memory);
        if dot(&step, &masked) >= 0.0 {
            memory.clear();
            step = masked.iter().map(|it| -it).collect();
        }
        let Some((next, next_value, next_slope)) = search(&at, value, &slope, &step, bounds, &f)
        else {
            if memory.is_empty() {
                break;
            }
            memory.clear();
            continue;
        };
        let (moved, turned) = (minus(&next, &at), minus(&next_slope, &slope));
        if dot(&moved, &turned) > 1e-12 {
            memory.push((moved, turned));
            let old = memory.len().saturating_sub(MEMORY);
            memory.drain(..old);
        }
        (at, value, slope) = (next, next_value, next_slope);
    }
    at
}

/// Whether a variable may move: not those that a bound holds against the slope.
fn free(at: &[f64], slope: &[f64], bounds: &[(f64, f64)]) -> Vec<bool> {
    let held = |(x, (g, (low, high))): (&f64, (&f64, &(f64, f64)))| {
        x <= low && *g > 0.0 || x >= high && *g < 0.0
    };
    at.iter().zip(slope.iter().zip(bounds)).map(|it| !held(it)).collect()
}

/// The two loops of L-BFGS, over the free variables only.
fn direction(slope: &[f64], is_free: &[bool], memory: &[(Vec<f64>, Vec<f64>)]) -> Vec<f64> {
    let steps: Vec<(Vec<f64>, Vec<f64>, f64)> = memory
        .iter()
        .map(|(moved, turned)| (mask(moved, is_free), mask(turned, is_free)))
        .map(|(moved, turned)| (dot(&moved, &turned), moved, turned))
        .filter(|it| it.0 > 1e-12)
        .map(|(curve, moved, turned)| (moved, turned, 1.0 / curve))
        .collect();
    let mut q = slope.to_vec();
    let mut shares = Vec::with_capacity(steps.len());
    for (moved, turned, rho) in steps.iter().rev() {
        let share = rho * dot(moved, &q);
        add(&mut q, -share, turned);
        shares.push(share);
    }
    if let Some((_, turned, rho)) = steps.last() {
        let scale = 1.0 / (rho * dot(turned, turned));
        q = q.iter().map(|it| scale * it).collect();
    }
    for ((moved, turned, rho), share) in steps.iter().zip(shares.iter().rev()) {
        let back = rho * dot(turned, &q);
        add(&mut q, share - back, moved);
    }
    q.iter().map(|it| -it).collect()
}

/// A point along the step, bent into the box, where the function is enough lower and no longer falls as steeply: a step
/// that stops short teaches nothing about the shape.
fn search(
    at: &[f64],
    value: f64,
    slope: &[f64],
    step: &[f64],
    bounds: &[(f64, f64)],
    f: &impl Fn(&[f64]) -> (f64, Vec<f64>),
) -> Option<(Vec<f64>, f64, Vec<f64>)> {
    let (mut length, mut short, mut long) = (1.0, 0.0, f64::INFINITY);
    let mut lower = None;
    for _ in 0..40 {
        let moved: Vec<f64> = at.iter().zip(step).map(|(x, d)| x + length * d).collect();
        let next = inside(&moved, bounds);
        let (next_value, next_slope) = f(&next);
        if next_value < value + 1e-4 * dot(slope, &minus(&next, at)) {
            let is_flatter = dot(&next_slope, step) >= 0.9 * dot(slope, step);
            let is_stopped = next != moved;
            lower = Some((next, next_value, next_slope));
            if is_flatter || is_stopped {
                break;
            }
            short = length;
        } else {
            long = length;
        }
        length = if long.is_finite() { f64::midpoint(short, long) } else { length * 2.0 };
    }
    lower
}

fn inside(at: &[f64], bounds: &[(f64, f64)]) -> Vec<f64> {
    at.iter().zip(bounds).map(|(x, (low, high))| x.clamp(*low, *high)).collect()
}

fn mask(of: &[f64], is_free: &[bool]) -> Vec<f64> {
    of.iter().zip(is_free).map(|(x, free)| if *free { *x } else { 0.0 }).collect()
}

fn minus(a: &[f64], b: &[f64]) -> Vec<f64> {
    a.iter().zip(b).map(|(a, b)| a - b).collect()
}

fn add(to: &mut [f64], times: f64, of: &[f64]) {
    to.iter_mut().zip(of).for_each(|(to, of)| *to += times * of);
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A bent valley with its lowest point at (1, 1).
    fn valley(x: &[f64]) -> (f64, Vec<f64>) {
        let (a, b) = (1.0 - x[0], x[1] - x[0] * x[0]);
        (a * a + 100.0 * b * b, vec![-2.0 * a - 400.0 * x[0] * b, 200.0 * b])
    }

    #[test]
    fn the_lowest_point_of_a_bent_valley_is_found() {
        let free = [(-10.0, 10.0), (-10.0, 10.0)];
        let found = minimum(&[-1.2, 1.0], &free, valley);
        assert!((found[0] - 1.0).abs() < 1e-4 && (found[1] - 1.0).abs() < 1e-4, "{found:?}");
    }

    #[test]
    fn a_bound_holds_and_the_rest_still_moves() {
        let found = minimum(&[0.0, 0.0], &[(-10.0, 0.5), (-10.0, 10.0)], valley);
        assert!((found[0] - 0.5).abs() < 1e-9 && (found[1] - 0.25).abs() < 1e-4, "{found:?}");
    }
}
