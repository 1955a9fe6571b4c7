import time
from tests.support.plant import Plant
from tests.support.diagrams import *
def test_a(plant: Plant):
    i = plant.run_of(process(start(), exclusive("merge"), parallel("split","join"), user("a","b"), exclusive("again", default="z"), user("z"), end(),
 "start -> merge -> split -> a -> join -> again -> z -> end", "split -> b -> join", "again -> merge if v == 2"))
    plant.complete("a", v=2); plant.complete("b"); print(plant.open()); plant.complete("b"); print(plant.open()); plant.complete("a",v=0); print(plant.open()); plant.complete("z")
    print(plant.path(i), plant.state(i), plant.variables(i))
def test_flat(plant):
    i = plant.run_of(process(start(), user("turn"), exclusive("good", default="end"), end(), "start -> turn -> good -> end", "good -> turn if bad"))
    t=time.process_time(); w=time.time()
    for k in range(300): plant.complete("turn", bad=True)
    print(time.process_time()-t, time.time()-w)
    t=time.process_time(); w=time.time()
    r=plant.complete("turn", bad=True)
    for k in range(300): r=plant.complete_task(r["next"][0]["id"], bad=True)
    print(time.process_time()-t, time.time()-w)
