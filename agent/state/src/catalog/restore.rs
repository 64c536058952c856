//! The catalog as records of a snapshot, and back.

use super::label::labels;
use super::{Catalog, Host, Indexes, Name, VirtualIpRow, name};
use crate::coordinate::located;
use crate::snapshot::{Indexed, Kind, OnNode, TopicIndex};
use api::catalog::{CheckRow, NodeRow, ServiceRow};
use api::coordinate::Located;
use imbl::OrdMap;
use std::sync::Arc;

impl Catalog {
    pub(crate) fn indexes(&self) -> Indexes {
        self.indexes.clone()
    }

    pub(crate) fn set_indexes(&mut self, indexes: &Indexes) {
        self.indexes = indexes.clone();
    }

    /// Each node, what is on it, then the index of every topic.
    pub(crate) fn records(&self) -> impl Iterator<Item = Kind> {
        let index = |topic, index| Kind::Index(TopicIndex { topic: Some(topic), index });
        let rows = self.nodes.values().flat_map(|host| {
            let on_node = |service: &Arc<ServiceRow>| Kind::Service(OnNode { node: host.row.node.clone(), service: (**service).clone() });
            let services = host.services.values().map(on_node);
            std::iter::once(Kind::Node((*host.row).clone()))
                .chain(services)
                .chain(host.checks.values().map(|check| Kind::Check((**check).clone())))
                .chain(located(host, "").map(Kind::Coordinate))
        });
        rows.chain(self.nodes.iter().map(move |(key, host)| index(Indexed::Node(key.to_string()), host.index)))
            .chain(self.services.iter().map(move |(key, service)| index(Indexed::Service(key.to_string()), service.index)))
            .chain(self.mesh.iter().map(move |(key, mesh)| index(Indexed::Mesh(key.to_string()), mesh.index)))
            .chain(self.virtual_ips.records().map(Kind::VirtualIp))
    }

    pub(crate) fn restore_node(&mut self, row: NodeRow) -> Result<(), String> {
        let key = name(&row.node);
        if !row.id.is_empty() && self.ids.insert(name(&row.id), Name::clone(&key)).is_some() {
            return Err(format!("node {:?} has the id of another node", row.node));
        }
        let host = Host { row: Arc::new(row), services: OrdMap::new(), checks: OrdMap::new(), coordinates: OrdMap::new(), index: 0 };
        match self.nodes.insert(Name::clone(&key), Arc::new(host)) {
            None => Ok(()),
            Some(_) => Err(format!("a second node {key:?}")),
        }
    }

    pub(crate) fn restore_service(&mut self, node: &str, row: ServiceRow) -> Result<(), String> {
        let place = (name(node), name(&row.id));
        let host = self.nodes.get_mut(&place.0).ok_or_else(|| format!("service {:?} is on node {node:?}, which is not there", row.id))?;
        let service = Arc::make_mut(self.services.entry(name(&row.service)).or_default());
        service.instances.insert(place.clone());
        for label in labels(Some(&row)) {
            *service.labels.entry(label).or_insert(0) += 1;
        }
        if let Some(destination) = row.mesh_destination() {
            Arc::make_mut(self.mesh.entry(name(destination)).or_default()).instances.insert(place.clone());
        }
        match Arc::make_mut(host).services.insert(place.1, Arc::new(row)) {
            None => Ok(()),
            Some(twin) => Err(format!("a second service {:?} on node {node:?}", twin.id)),
        }
    }

    pub(crate) fn restore_check(&mut self, row: CheckRow) -> Result<(), String> {
        let place = (name(&row.node), name(&row.check_id));
        let missing = || format!("check {:?} is on node {:?}, which is not there", row.check_id, row.node);
        let host = self.nodes.get_mut(&place.0).ok_or_else(missing)?;
        if !row.service_name.is_empty() {
            Arc::make_mut(self.services.entry(name(&row.service_name)).or_default()).checks.insert(place.clone());
        }
        match Arc::make_mut(host).checks.insert(place.1, Arc::new(row)) {
            None => Ok(()),
            Some(twin) => Err(format!("a second check {:?} on node {:?}", twin.check_id, twin.node)),
        }
    }

    pub(crate) fn restore_coordinate(&mut self, row: Located) -> Result<(), String> {
        let Located { node, segment, coord } = row;
        let host = self.nodes.get_mut(&name(&node)).ok_or_else(|| format!("a coordinate of node {node:?}, which is not there"))?;
        match Arc::make_mut(host).coordinates.insert(Name::from(&*segment), Arc::new(coord)) {
            None => Ok(()),
            Some(_) => Err(format!("a second coordinate of node {node:?} in segment {segment:?}")),
        }
    }

    pub(crate) fn restore_index(&mut self, TopicIndex { topic, index }: TopicIndex) -> Result<(), String> {
        let place = match &topic {
            Some(Indexed::Node(key)) => self.nodes.get_mut(&**key).map(|host| &mut Arc::make_mut(host).index),
            Some(Indexed::Service(key)) => self.services.get_mut(&**key).map(|service| &mut Arc::make_mut(service).index),
            Some(Indexed::Mesh(key)) => self.mesh.get_mut(&**key).map(|mesh| &mut Arc::make_mut(mesh).index),
            None => None,
        };
        *place.ok_or_else(|| format!("the index of {topic:?}, which is not there"))? = index;
        Ok(())
    }

    pub(crate) fn restore_virtual_ip(&mut self, row: VirtualIpRow) -> Result<(), String> {
        self.virtual_ips.restore(row)
    }

    /// All of this was just taken from an archive: nothing here answers with less.
    pub(crate) fn restored_at(&mut self, index: u64) {
        let Indexes { nodes, services, instances, checks, service_gone, mesh_gone, coordinates } = &mut self.indexes;
        for table in [nodes, services, instances, checks, service_gone, mesh_gone, coordinates] {
            *table = index;
        }
        fn raised<T: Clone>(rows: &OrdMap<Name, Arc<T>>, raise: impl Fn(&mut T)) -> OrdMap<Name, Arc<T>> {
            let raised = rows.iter().map(|(key, row)| {
                let mut row = (**row).clone();
                raise(&mut row);
                (Name::clone(key), Arc::new(row))
            });
            raised.collect()
        }
        self.nodes = raised(&self.nodes, |host| host.index = index);
        self.services = raised(&self.services, |service| service.index = index);
        self.mesh = raised(&self.mesh, |mesh| mesh.index = index);
    }
}
