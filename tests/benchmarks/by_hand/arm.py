"""Inverse kinematics of a six-joint arm, for many targets at once.

The arm is a UR5 in the convention of Denavit and Hartenberg. Joint k turns the frame by its angle
about z, then the link moves it by `offset` along z and by `length` along x and turns it by `turn`
quarter turns about x. Over N targets, with the angles of all of them as the parameter,

    loss = mean(|tip - target|**2 + AIM |z - aim|**2 + REST |angles - rest|**2)

where tip is the origin of the last frame and z its axis. The gradient by hand is the geometric
Jacobian: a joint with axis a at the point o moves the tip by a x (tip - o), and z by a x z.

Source: Siciliano et al., Robotics (2009), 2.8 and 3.1; the numbers of the UR5 are its maker's.
"""

import numpy as np

PARAMS = ("angles",)
SHAPES = {"targets": (300, 3), "aims": (300, 3), "rest": (6,)}

UR5 = (  # offset, length, turn
    (0.089159, 0.0, 1),
    (0.0, -0.425, 0),
    (0.0, -0.39225, 0),
    (0.10915, 0.0, 1),
    (0.09465, 0.0, -1),
    (0.0823, 0.0, 0),
)
AIM, REST = 0.1, 1e-3


def data(rng):
    aims = rng.normal(size=(300, 3))
    return {
        "angles": rng.uniform(-2.0, 2.0, (300, 6)),
        "targets": rng.uniform(-0.6, 0.6, (300, 3)),
        "aims": aims / np.linalg.norm(aims, axis=1, keepdims=True),
        "rest": rng.uniform(-1.0, 1.0, 6),
    }


def forward(sg, angles, targets, aims, rest):
    x, y, z = np.eye(3)
    tip = np.zeros(3)
    for k, (offset, length, turn) in enumerate(UR5):
        c, s = sg.cos(angles[:, k : k + 1]), sg.sin(angles[:, k : k + 1])
        x, y = c * x + s * y, c * y - s * x
        tip = tip + offset * z + length * x
        if turn:
            y, z = turn * z, -turn * y
    miss = sg.sum((tip - targets) ** 2, axis=1)
    tilt = sg.sum((z - aims) ** 2, axis=1)
    bend = sg.sum((angles - rest) ** 2, axis=1)
    return sg.mean(miss + AIM * tilt + REST * bend)


def cross(a, b):
    """The vector product of two vectors, given by their components."""
    (ax, ay, az), (bx, by, bz) = a, b
    return ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx


def loss_and_grads(angles, targets, aims, rest):
    """The loss, and (d_angles,). Components of vectors run down, targets across."""
    N, joints = angles.shape
    turned = np.ascontiguousarray(angles.T)
    cosines, sines = np.cos(turned), np.sin(turned)  # (6, N)

    # forward, keeping the axis that each joint turns about, and where it stands
    axes, origins = np.empty((3, joints, N)), np.empty((3, joints, N))
    x, y, z = np.eye(3)[:, :, None]
    tip = np.zeros((3, 1))
    for k, (offset, length, turn) in enumerate(UR5):
        axes[:, k], origins[:, k] = z, tip
        x, y = cosines[k] * x + sines[k] * y, cosines[k] * y - sines[k] * x
        if offset:
            tip = tip + offset * z
        if length:
            tip = tip + length * x
        if turn:
            y, z = turn * z, -turn * y

    # loss
    miss, tilt = tip - targets.T, z - aims.T  # (3, N)
    bend = angles - rest  # (N, 6)
    squares = np.vdot(miss, miss) + AIM * np.vdot(tilt, tilt) + REST * np.vdot(bend, bend)
    loss = squares / N

    # gradient: axis . (moment of d_tip about the joint + moment of d_z)
    d_tip, d_z = 2.0 / N * miss, 2.0 * AIM / N * tilt  # (3, N)
    moment = np.add(cross(tip, d_tip), cross(z, d_z))  # (3, N), about the base
    pulls = [  # (6, N) each
        a * (m - shift) for a, m, shift in zip(axes, moment, cross(origins, d_tip), strict=True)
    ]
    d_angles = 2.0 * REST / N * bend  # (N, 6)
    d_angles += sum(pulls).T

    return float(loss), (d_angles,)


def torch_loss(torch, angles, targets, aims, rest):
    x, y, z = torch.eye(3, dtype=torch.float64)
    tip = torch.zeros(3, dtype=torch.float64)
    for k, (offset, length, turn) in enumerate(UR5):
        c, s = torch.cos(angles[:, k, None]), torch.sin(angles[:, k, None])
        x, y = c * x + s * y, c * y - s * x
        tip = tip + offset * z + length * x
        if turn:
            y, z = turn * z, -turn * y
    miss = ((tip - targets) ** 2).sum(dim=1)
    tilt = ((z - aims) ** 2).sum(dim=1)
    bend = ((angles - rest) ** 2).sum(dim=1)
    return (miss + AIM * tilt + REST * bend).mean()
